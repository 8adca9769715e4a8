import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { principalAxes } from '../../../../trainer/heads/principal-axes.js';

describe('principal axes', () => {
  const random = seededRandom(3);
  const [c, s] = [Math.cos(0.5), Math.sin(0.5)];
  // Spreads 1, 3 and 2 along the first axis and two that are turned by half a radian.
  const rows = Float32Array.from(
    Array.from({ length: 4_000 }, () => {
      const [x, y, z] = [random.normal(), 3 * random.normal(), 2 * random.normal()];
      return [5 + x, c * y - s * z, s * y + c * z];
    }).flat(),
  );
  const { mean, variances, axes } = principalAxes(rows, 3);

  it('come with their variances, largest first', () => {
    [9, 4, 1].forEach((variance, i) => assert.ok(Math.abs(variances[i]! / variance - 1) < 0.08, String(variances)));
  });

  it('are where the rows are spread, of unit length, around their mean', () => {
    const wanted = [
      [0, c, s],
      [0, -s, c],
      [1, 0, 0],
    ];
    wanted.forEach((axis, i) => {
      const cosine = axis.reduce((sum, value, j) => sum + value * axes[i * 3 + j]!, 0);
      assert.ok(Math.abs(cosine) > 0.998, `axis ${i}: ${cosine}`);
    });
    assert.ok(Math.abs(mean[0]! - 5) < 0.1);
  });

  it('refuses what is no row', () => {
    assert.throws(() => principalAxes(Float32Array.of(1, 2), 3), { code: 'INTERNAL' });
  });
});
