/** Principal axes of rows by Jacobi's method: exact, and fast enough for a few hundred dimensions. */
import { assert } from '../../base/assert.js';
import { covariance } from '../covariance.js';

export interface PrincipalAxes {
  /** float64[dim] */
  readonly mean: Float64Array;
  /** float64[dim]: variances along the axes, largest first, all positive. */
  readonly variances: Float64Array;
  /** float64[dim, dim]: unit axes as rows, in that order. */
  readonly axes: Float64Array;
}

/** Variance below which an axis holds nothing. */
const leastVariance = 1e-12;
const sweeps = 12;

/** Axes of `rows` float32[n, dim], n at least 1, around their mean. */
export function principalAxes(rows: Float32Array, dim: number): PrincipalAxes {
  assert(rows.length >= dim && rows.length % dim === 0, 'there are whole rows, at least one');
  const mean = meanOf(rows, dim);
  const { values, axes } = eigen(covariance(rows, dim, { mean }), dim);
  const order = Array.from({ length: dim }, (_, i) => i).sort((a, b) => values[b]! - values[a]!);
  const sorted = new Float64Array(dim * dim);
  order.forEach((axis, i) => sorted.set(axes.subarray(axis * dim, (axis + 1) * dim), i * dim));
  return { mean, variances: Float64Array.from(order, (axis) => values[axis]!), axes: sorted };
}

function meanOf(rows: Float32Array, dim: number): Float64Array {
  const mean = new Float64Array(dim);
  for (let i = 0; i < rows.length; i++) mean[i % dim]! += rows[i]!;
  return mean.map((sum) => (sum * dim) / rows.length);
}

/** Eigenvalues, and axes as rows, of the symmetric `matrix` float64[n, n], which is destroyed. */
export function eigen(matrix: Float64Array, n: number): { values: Float64Array; axes: Float64Array } {
  const axes = new Float64Array(n * n);
  for (let i = 0; i < n; i++) axes[i * n + i] = 1;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) rotate({ matrix, axes, n }, p, q);
  }
  return { values: Float64Array.from({ length: n }, (_, i) => Math.max(matrix[i * n + i]!, leastVariance)), axes };
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
