import assert from 'node:assert/strict';
import { countTerms } from '../../../../encoder-node/tokenizer/term-counts.js';

describe('term counts', () => {
  it('are ascending by term, with the text’s length', () => {
    const { termIds, counts, total } = countTerms([900, 7, 900, 30, 900], new Set());
    assert.deepEqual([...termIds], [7, 30, 900]);
    assert.deepEqual([...counts], [1, 1, 3]);
    assert.equal(total, 5);
  });

  it('leave out special tokens', () => {
    const { termIds, total } = countTerms([100, 7, 102], new Set([100, 102]));
    assert.deepEqual([...termIds], [7]);
    assert.equal(total, 1);
  });

  it('of nothing are empty', () => {
    const { termIds, counts, total } = countTerms([], new Set());
    assert.deepEqual([termIds.length, counts.length, total], [0, 0, 0]);
  });
});
