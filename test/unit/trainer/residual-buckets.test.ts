import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import { trainResidualBuckets, type ResidualBuckets } from '../../../trainer/residual-buckets.js';

function normals(count: number): Float32Array {
  const random = seededRandom(4);
  return Float32Array.from({ length: count }, () => random.normal());
}

function squaredError(values: Float32Array, { cutoffs, weights }: ResidualBuckets): number {
  const errors = values.map(
    (value) => (value - (weights[cutoffs.filter((cutoff) => value > cutoff).length] ?? 0)) ** 2,
  );
  return errors.reduce((sum, error) => sum + error, 0) / values.length;
}

describe('residual buckets', () => {
  it('of normal residuals are those of Max’s table', () => {
    const rows = normals(80_000);
    const { cutoffs, weights } = trainResidualBuckets(rows, 2);
    const near = (found: Float32Array, expected: readonly number[]): void =>
      expected.forEach((value, i) => assert.ok(Math.abs((found[i] ?? NaN) - value) < 0.03, `${found[i]} for ${value}`));
    near(cutoffs, [-0.9816, 0, 0.9816]);
    near(weights, [-1.51, -0.4528, 0.4528, 1.51]);
  });

  for (const nbits of [1, 2, 4] as const) {
    it(`err less than quantiles at ${nbits} bits, and cutoffs lie half-way between weights`, () => {
      const rows = normals(8_000);
      const found = trainResidualBuckets(rows.slice(), nbits);
      const sorted = Float32Array.from(rows).sort();
      const at = (share: number): number => sorted[Math.floor(share * sorted.length)] ?? 0;
      const quantiles = {
        cutoffs: Float32Array.from(found.cutoffs, (_, i) => at((i + 1) / 2 ** nbits)),
        weights: Float32Array.from(found.weights, (_, i) => at((i + 0.5) / 2 ** nbits)),
      };
      assert.ok(squaredError(rows, found) < squaredError(rows, quantiles));
      found.cutoffs.forEach((cutoff, i) => {
        assert.ok(Math.abs(cutoff - ((found.weights[i] ?? 0) + (found.weights[i + 1] ?? 0)) / 2) < 1e-6);
      });
    });
  }

  it('need residuals', () => {
    assert.throws(() => trainResidualBuckets(new Float32Array(0), 2), { code: 'INTERNAL' });
  });
});
