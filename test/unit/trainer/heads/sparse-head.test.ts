import assert from 'node:assert/strict';
import { rowWeights } from '../../../../trainer/heads/row-weights.js';
import { sparseStart } from '../../../../trainer/heads/sparse-head.js';

describe('a sparse head at its start', () => {
  it('weighs every word as BM25 does', () => {
    const head = sparseStart(4);
    for (const part of [head.queries, head.documents]) {
      assert.ok(Math.abs(rowWeights(Float32Array.of(1, 2, 3, 4), part)[0]! - 1) < 1e-6);
    }
  });
});
