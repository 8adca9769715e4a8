/** Leading axes of rows, beside what an axis is. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { covariance } from '../../../../trainer/covariance.js';
import { leadingAxes } from '../../../../trainer/structure/leading-axes.js';

const random = () => seededRandom(1);

describe('leading axes', () => {
  it('are orthonormal, and those along which rows vary most', () => {
    const values = Float32Array.from(
      { length: 400 * 4 },
      (_, i) => [4, 2, 1, 0.5][i % 4]! * (((i >> 2) * (1 + (i % 4))) % 2 ? 1 : -1),
    );
    const varying = covariance(values, 4);
    const { axes, values: variances } = leadingAxes(varying, 4, { count: 2, random: random() });
    const turned = (i: number) =>
      [0, 1, 2, 3].map((a) => [0, 1, 2, 3].reduce((sum, b) => sum + varying[4 * a + b]! * axes[4 * i + b]!, 0));
    for (const i of [0, 1]) {
      turned(i).forEach((value, a) =>
        assert.ok(Math.abs(value - variances[i]! * axes[4 * i + a]!) < 1e-3 * variances[0]!),
      );
    }
    const product = [0, 1, 2, 3].reduce((sum, a) => sum + axes[a]! * axes[4 + a]!, 0);
    assert.ok(Math.abs(product) < 1e-9 && variances[0]! >= variances[1]!);
  });
});
