import assert from 'node:assert/strict';
import { bestPassages } from '../../../../coordinator/search/best-passage.js';
import type { Candidate } from '../../../../coordinator/search/merge.js';
import { candidate } from '../fixtures.js';

const weights = { dense: 1, sparse: 1, multi: 1 };

function best(candidates: readonly Candidate[], multiOnly = false): [bigint, number, number][] {
  return bestPassages(candidates, { weights, multiOnly }).map(({ docId, passage, sparse }) => [docId, passage, sparse]);
}

describe('the best passage of a document', () => {
  it('is the one with the best dense and MaxSim scores together', () => {
    const passages = [
      candidate(1n, { passage: 1, dense: 0.9, multi: 0.1 }),
      candidate(1n, { passage: 2, dense: 0.5, multi: 0.75 }),
      candidate(2n, { passage: 0, dense: 0.1 }),
    ];
    assert.deepEqual(best(passages), [
      [1n, 2, NaN],
      [2n, 0, NaN],
    ]);
  });

  it('is chosen by MaxSim alone where that alone decides', () => {
    const passages = [
      candidate(1n, { passage: 1, dense: 0.9, multi: 0.25 }),
      candidate(1n, { passage: 2, dense: 0.1, multi: 0.5 }),
      candidate(1n, { passage: 3, dense: 0.9 }),
    ];
    assert.deepEqual(best(passages, true), [[1n, 2, NaN]]);
  });

  it('is the first of equal ones, whatever their order', () => {
    const passages = [candidate(1n, { passage: 2, dense: 0.5 }), candidate(1n, { passage: 1, dense: 0.5 })];
    assert.deepEqual(best(passages), [[1n, 1, NaN]]);
    assert.deepEqual(best([...passages].reverse()), [[1n, 1, NaN]]);
  });

  it('has the sparse score of the document, which another passage brought', () => {
    const passages = [candidate(1n, { passage: 0, sparse: 4 }), candidate(1n, { passage: 3, dense: 0.5 })];
    assert.deepEqual(best(passages), [[1n, 3, 4]]);
  });
});
