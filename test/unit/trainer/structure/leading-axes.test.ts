/** Leading axes of rows, beside what an axis is. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { covarianceOf, leadingAxes } from '../../../../trainer/structure/leading-axes.js';

const random = () => seededRandom(1);

describe('leading axes', () => {
  it('are orthonormal, and those along which rows vary most', () => {
    const values = Float32Array.from(
      { length: 400 * 4 },
      (_, i) => [4, 2, 1, 0.5][i % 4]! * (((i >> 2) * (1 + (i % 4))) % 2 ? 1 : -1),
    );
    const covariance = covarianceOf(values, 4);
    const { axes, values: variances } = leadingAxes(covariance, 4, { count: 2, random: random() });
    const turned = (i: number) =>
      [0, 1, 2, 3].map((a) => [0, 1, 2, 3].reduce((sum, b) => sum + covariance[4 * a + b]! * axes[4 * i + b]!, 0));
    for (const i of [0, 1]) {
      turned(i).forEach((value, a) =>
        assert.ok(Math.abs(value - variances[i]! * axes[4 * i + a]!) < 1e-3 * variances[0]!),
      );
    }
    const product = [0, 1, 2, 3].reduce((sum, a) => sum + axes[a]! * axes[4 + a]!, 0);
    assert.ok(Math.abs(product) < 1e-9 && variances[0]! >= variances[1]!);
  });
});

describe('the covariance of rows', () => {
  it('is symmetric, and the mean of their squares and products', () => {
    assert.deepEqual(covarianceOf(Float32Array.of(1, 2, 3, -4), 2), Float64Array.of(5, -5, -5, 10));
  });

  it('stops when it is told to', () => {
    const signal = AbortSignal.abort();
    assert.throws(() => covarianceOf(Float32Array.of(1, 2), 2, signal), { code: 'CANCELLED' });
  });
});
