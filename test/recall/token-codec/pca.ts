/** Principal axes by Jacobi's method: small, exact and slow enough for a comparison only. */
import { assert } from '../../../base/assert.js';
import { normalizeRows } from '../../../trainer/rows.js';

/** Maps rows to their leading coordinates, each divided by the root of its spread, and back to unit length. */
export interface Projection {
  readonly dim: number;
  /** float32[n, from] to float32[n, dim]. */
  apply(rows: Float32Array): Float32Array;
}

/** The projection to the `dim` leading principal axes of `rows` float32[n, from], centred and scaled by 1 / sqrt(singular value). */
export function principalProjection(rows: Float32Array, from: number, dim: number): Projection {
  const mean = meanOf(rows, from);
  const { values, axes } = eigen(covariance(rows, mean), from);
  const order = Array.from({ length: from }, (_, i) => i).sort((a, b) => values[b]! - values[a]!);
  const kept = order.slice(0, dim);
  const apply = (points: Float32Array): Float32Array => {
    const count = points.length / from;
    assert(Number.isInteger(count), 'points are whole rows');
    const projected = new Float32Array(count * dim);
    // A singular value is the root of an eigenvalue of the covariance, its own root the fourth.
    const matrix = kept.map((axis) =>
      axes.subarray(axis * from, (axis + 1) * from).map((v) => v / values[axis]! ** 0.25),
    );
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

function meanOf(rows: Float32Array, dim: number): Float64Array {
  const mean = new Float64Array(dim);
  for (let i = 0; i < rows.length; i++) mean[i % dim]! += rows[i]!;
  return mean.map((sum) => (sum * dim) / rows.length);
}

function covariance(rows: Float32Array, mean: Float64Array): Float64Array {
  const dim = mean.length;
  const sums = new Float64Array(dim * dim);
  const centred = new Float64Array(dim);
  for (let from = 0; from < rows.length; from += dim) {
    for (let j = 0; j < dim; j++) centred[j] = rows[from + j]! - mean[j]!;
    for (let i = 0; i < dim; i++) {
      const value = centred[i]!;
      for (let j = 0; j < dim; j++) sums[i * dim + j]! += value * centred[j]!;
    }
  }
  return sums.map((sum) => (sum * dim) / rows.length);
}

/** Eigenvalues, and axes as rows, of the symmetric `matrix` float64[n, n], which is destroyed. */
function eigen(matrix: Float64Array, n: number): { values: Float64Array; axes: Float64Array } {
  const axes = new Float64Array(n * n);
  for (let i = 0; i < n; i++) axes[i * n + i] = 1;
  for (let sweep = 0; sweep < 12; sweep++) {
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) rotate({ matrix, axes, n }, p, q);
  }
  return { values: Float64Array.from({ length: n }, (_, i) => Math.max(matrix[i * n + i]!, 1e-12)), axes };
}

function rotate(
  { matrix, axes, n }: { matrix: Float64Array; axes: Float64Array; n: number },
  p: number,
  q: number,
): void {
  const off = matrix[p * n + q]!;
  if (Math.abs(off) < 1e-14) return;
  const theta = (matrix[q * n + q]! - matrix[p * n + p]!) / (2 * off);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) turn(matrix, { a: k * n + p, b: k * n + q, c, s });
  for (let k = 0; k < n; k++) {
    turn(matrix, { a: p * n + k, b: q * n + k, c, s });
    turn(axes, { a: p * n + k, b: q * n + k, c, s });
  }
}

function turn(values: Float64Array, { a, b, c, s }: { a: number; b: number; c: number; s: number }): void {
  const left = values[a]!;
  const right = values[b]!;
  values[a] = c * left - s * right;
  values[b] = s * left + c * right;
}
