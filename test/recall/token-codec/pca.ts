/** A projection to principal axes, for comparison. */
import { assert } from '../../../base/assert.js';
import { principalAxes } from '../../../trainer/heads/principal-axes.js';
import { normalizeRows } from '../../../trainer/rows.js';

/** Maps rows to their leading coordinates, each divided by the root of its spread, and back to unit length. */
export interface Projection {
  readonly dim: number;
  /** float32[n, from] to float32[n, dim]. */
  apply(rows: Float32Array): Float32Array;
}

/** The projection to the `dim` leading principal axes of `rows` float32[n, from], centred and scaled by 1 / sqrt(singular value). */
export function principalProjection(rows: Float32Array, from: number, dim: number): Projection {
  const { mean, variances, axes } = principalAxes(rows, from);
  // A singular value is the root of an eigenvalue of the covariance, its own root the fourth.
  const matrix = Array.from({ length: dim }, (_, axis) =>
    axes.subarray(axis * from, (axis + 1) * from).map((value) => value / variances[axis]! ** 0.25),
  );
  const apply = (points: Float32Array): Float32Array => {
    const count = points.length / from;
    assert(Number.isInteger(count), 'points are whole rows');
    const projected = new Float32Array(count * dim);
    for (let row = 0; row < count; row++) {
      matrix.forEach((axis, i) => {
        let sum = 0;
        for (let j = 0; j < from; j++) sum += (points[row * from + j]! - mean[j]!) * axis[j]!;
        projected[row * dim + i] = sum;
      });
    }
    normalizeRows(projected, dim);
    return projected;
  };
  return { dim, apply };
}
