import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import { trainResidualBuckets } from '../../../trainer/residual-quantiles.js';

describe('residual buckets', () => {
  it('are the quantiles of the residuals', () => {
    // One centroid at the origin: residuals are the rows, 0 to 799.
    const rows = Float32Array.from({ length: 800 }, (_, i) => (i * 7) % 800);
    const { cutoffs, weights } = trainResidualBuckets(rows, new Float32Array(8), { dim: 8, nbits: 2 });
    assert.deepEqual([...cutoffs], [199.75, 399.5, 599.25]);
    assert.deepEqual([...weights], [99.875, 299.625, 499.375, 699.125]);
  });

  for (const nbits of [1, 2, 4] as const) {
    it(`hold equally many residuals each at ${nbits} bits`, () => {
      const random = seededRandom(4);
      const rows = Float32Array.from({ length: 16 * 1000 }, () => random.normal());
      const { cutoffs } = trainResidualBuckets(rows, new Float32Array(16), { dim: 16, nbits });
      const counts = new Array<number>(2 ** nbits).fill(0);
      for (const value of rows) {
        const bucket = cutoffs.filter((cutoff) => value > cutoff).length;
        counts[bucket] = (counts[bucket] ?? 0) + 1;
      }
      for (const each of counts) assert.ok(Math.abs(each - 16_000 / 2 ** nbits) <= 1);
    });
  }

  it('measure against the nearest centroid', () => {
    const centroids = Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0);
    const { cutoffs } = trainResidualBuckets(centroids, centroids, { dim: 8, nbits: 1 });
    assert.deepEqual([...cutoffs], [0]);
  });

  it('need rows', () => {
    assert.throws(() => trainResidualBuckets(new Float32Array(0), new Float32Array(8), { dim: 8, nbits: 2 }), {
      code: 'INTERNAL',
    });
  });
});
