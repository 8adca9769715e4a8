/** Leading principal axes of rows, by orthogonal iteration (Golub and Van Loan, section 7.3.2). */
import type { Random } from '../../base/random.js';
import { refuseStopped, type StopSign } from '../stop-sign.js';

const iterations = 12;

export interface LeadingAxes {
  /** float64[count]: variances along the axes, largest first, but for what few iterations leave undone. */
  readonly values: Float64Array;
  /** float64[count, dim]: orthonormal. */
  readonly axes: Float64Array;
}

/** The `count` ≤ dim leading axes of the symmetric `covariance` float64[dim, dim]. */
export function leadingAxes(
  covariance: Float64Array,
  dim: number,
  {
    count,
    random,
    signal,
  }: { readonly count: number; readonly random: Random; readonly signal?: StopSign | undefined },
): LeadingAxes {
  const axes = Float64Array.from({ length: count * dim }, () => random.normal());
  const values = new Float64Array(count);
  for (let iteration = 0; iteration < iterations; iteration++) {
    for (let i = 0; i < count; i++) {
      refuseStopped(signal);
      const axis = axes.subarray(i * dim, (i + 1) * dim);
      axis.set(turnedBy(covariance, axis));
    }
    for (let i = 0; i < count; i++) values[i] = orthonormalize(axes, dim, i);
  }
  return { values, axes };
}

/** The symmetric `matrix` float64[n, n] times `vector` float64[n]. */
export function turnedBy(matrix: Float64Array, vector: Float64Array): Float64Array {
  const turned = new Float64Array(vector.length);
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i]!;
    const line = matrix.subarray(i * vector.length, (i + 1) * vector.length);
    for (let j = 0; j < vector.length; j++) turned[j]! += value * line[j]!;
  }
  return turned;
}

/** Of `axes` float64[n, dim]: takes axes 0 .. i − 1 out of axis i and gives it unit length; the length that it had, 0 for one that was in them. */
export function orthonormalize(axes: Float64Array, dim: number, i: number): number {
  const own = axes.subarray(i * dim, (i + 1) * dim);
  for (let other = 0; other < i; other++) {
    const axis = axes.subarray(other * dim, (other + 1) * dim);
    let product = 0;
    for (let j = 0; j < dim; j++) product += own[j]! * axis[j]!;
    for (let j = 0; j < dim; j++) own[j]! -= product * axis[j]!;
  }
  const length = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
  for (let j = 0; j < dim; j++) own[j] = length > 0 ? own[j]! / length : 0;
  return length;
}
