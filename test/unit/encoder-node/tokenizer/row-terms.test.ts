import assert from 'node:assert/strict';
import { rowTerms } from '../../../../encoder-node/tokenizer/row-terms.js';

describe('the terms of token rows', () => {
  it('are their tokens, repeats included, and 0 for what is no word', () => {
    const terms = rowTerms(Int32Array.of(1, 30, 7, 30, 102, 103), new Set([1, 102, 103]));
    assert.deepEqual(terms, Uint32Array.of(0, 30, 7, 30, 0, 0));
  });
});
