import assert from 'node:assert/strict';
import { rowWeights, softplus } from '../../../../trainer/heads/row-weights.js';
import { nearnessLevel, sparseStart } from '../../../../trainer/heads/sparse-head.js';

describe('a sparse head at its start', () => {
  it('weighs every word as BM25 does, and words near it a tenth', () => {
    const head = sparseStart(4, 3);
    for (const part of [head.queries, head.documents]) {
      assert.ok(Math.abs(rowWeights(Float32Array.of(1, 2, 3, 4), part)[0]! - 1) < 1e-6);
    }
    assert.equal(head.nearness.length, 3);
    head.nearness.forEach((value) => assert.ok(Math.abs(softplus(value) - 0.1) < 1e-6));
  });
});

describe('levels of nearness', () => {
  it('divide what is near in equal parts', () => {
    const levels = [0.39, 0.4, 0.59, 0.61, 0.81, 1].map((cosine) => nearnessLevel(cosine, 0.4, 3));
    assert.deepEqual(levels, [-1, 0, 0, 1, 2, 2]);
  });
});
