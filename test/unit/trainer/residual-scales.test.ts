import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import { trainScaledBuckets } from '../../../trainer/residual-scales.js';
import { normalizeRows } from '../../../trainer/rows.js';

const dim = 64;
const shape = { dim, nbits: 2 } as const;
const centroid = Float32Array.from({ length: dim }, (_, j) => (j === 0 ? 1 : 0));

/** Rows at cosines from `least` to 1 to the centroid, whose odd dimensions vary twice as much as the even ones. */
function rowsFrom(least: number, count = 2_000): Float32Array {
  const random = seededRandom(8);
  const rows = new Float32Array(count * dim);
  for (let row = 0; row < count; row++) {
    const own = rows.subarray(row * dim, (row + 1) * dim);
    for (let j = 1; j < dim; j++) own[j] = random.normal() * (1 + (j % 2));
    normalizeRows(own, dim);
    const cosine = least + ((1 - least) * row) / count;
    for (let j = 1; j < dim; j++) own[j]! *= Math.sqrt(1 - cosine * cosine);
    own[0] = cosine;
  }
  return rows;
}

describe('the scales of a residual code', () => {
  it('begin at a cosine that a tenth exceeds and end at half of it, in equal steps', () => {
    const { gains } = trainScaledBuckets(rowsFrom(0.4), centroid, shape).scaling;
    [0.47, 0.6267, 0.7833, 0.94].forEach((gain, i) => assert.ok(Math.abs(gains[i]! - gain) < 1e-3, gains.join(' ')));
  });

  it('leave residuals of unit size, whose buckets are those of Max’s table', () => {
    const { weights } = trainScaledBuckets(rowsFrom(0.4), centroid, shape);
    [-1.51, -0.4528, 0.4528, 1.51].forEach((weight, i) =>
      assert.ok(Math.abs(weights[i]! - weight) < 0.1, weights.join(' ')),
    );
  });

  it('have the spread of every dimension, 1 on average', () => {
    const { spreads } = trainScaledBuckets(rowsFrom(0.4), centroid, shape).scaling;
    const mean = spreads.reduce((sum, spread) => sum + spread * spread, 0) / dim;
    assert.ok(Math.abs(mean - 1) < 1e-5);
    const ratio = spreads[1]! / spreads[2]!;
    assert.ok(Math.abs(ratio - 2) < 0.2, `${ratio}`);
  });

  it('stay below 1 for rows that are centroids, and above 0 for rows beside them', () => {
    const same = trainScaledBuckets(centroid, centroid, shape).scaling;
    assert.ok(same.gains.every((gain) => gain > 0 && gain < 1));
    const beside = centroid.map((_, j) => (j === 1 ? 1 : 0));
    assert.ok(trainScaledBuckets(beside, centroid, shape).scaling.gains.every((gain) => gain > 0 && gain < 1));
  });

  it('need rows', () => {
    assert.throws(() => trainScaledBuckets(new Float32Array(0), centroid, shape), { code: 'INTERNAL' });
  });
});
