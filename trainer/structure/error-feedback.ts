/**
 * How are errors of second codes led away from the directions that tell neighbours apart? By what of them is fed back into the dimensions
 * that are rounded next: kernels/second-code/values.h has the formula, Chee et al. 2023, "QuIP" (section 3) why none is better.
 *
 * Queries differ from the base of a list that they probe as its vectors do, so residuals say what error shows in a score: ⟨q, e⟩² is as
 * e′ C e with C their covariance, of which the leading axes are kept and the others made alike.
 */
import type { Random } from '../../base/random.js';
import { feedbackWidth } from '../../kernels/codes.js';
import { covariance } from '../covariance.js';
import { refuseStopped, type StopSign } from '../stop-sign.js';
import { leadingAxes } from './leading-axes.js';

/** Rows that the covariance is of: as many as keep it to a few seconds. */
const rowsMax = 8_192;
const workMax = 4_000_000_000;
/** Beyond it the table would outweigh what it is worth. */
const dimMax = 2_048;
/** What any other direction counts at least, of the first. */
const leastShare = 1e-3;

/** float32[dim, 2, 64] from `residuals` float32[n, dim], n ≥ 1; null where they say nothing, or have more than 2,048 dimensions. */
export function errorFeedback(
  residuals: Float32Array,
  dim: number,
  { random, signal }: { readonly random: Random; readonly signal?: StopSign | undefined },
): Float32Array | null {
  if (dim > dimMax) return null;
  const rows = Math.min(residuals.length / dim, rowsMax, Math.ceil(workMax / (dim * dim)));
  const varying = covariance(residuals.subarray(0, rows * dim), dim, { signal });
  const count = Math.min(feedbackWidth, dim >> 1);
  const { values, axes } = leadingAxes(varying, dim, { count, random, signal });
  refuseStopped(signal);
  if (!(values[0]! > 0)) return null;
  const trace = Array.from({ length: dim }, (_, j) => varying[j * dim + j]!).reduce((sum, value) => sum + value, 0);
  const left = (trace - values.reduce((sum, value) => sum + value, 0)) / (dim - count);
  const rest = Math.max(left, leastShare * values[0]!);
  const outer = new Float64Array(dim * feedbackWidth);
  values.forEach((value, i) => {
    const scale = Math.sqrt(Math.max(value - rest, 0) / rest);
    for (let j = 0; j < dim; j++) outer[j * feedbackWidth + i] = scale * axes[i * dim + j]!;
  });
  return fedBack(outer, dim);
}

/** g and u of every dimension from u float64[dim, 64], the last dimension first: S loses what each of them says (Sherman and Morrison). */
function fedBack(outer: Float64Array, dim: number): Float32Array {
  const feedback = new Float32Array(dim * 2 * feedbackWidth);
  const inverse = new Float64Array(feedbackWidth * feedbackWidth);
  for (let i = 0; i < feedbackWidth; i++) inverse[i * feedbackWidth + i] = 1;
  for (let j = dim - 1; j >= 0; j--) {
    const u = outer.subarray(j * feedbackWidth, (j + 1) * feedbackWidth);
    const turned = timesRows(inverse, u);
    const scale = 1 + u.reduce((sum, value, i) => sum + value * turned[i]!, 0);
    const own = feedback.subarray(2 * j * feedbackWidth, 2 * (j + 1) * feedbackWidth);
    own.set(turned.map((value) => value / scale));
    own.set(u, feedbackWidth);
    for (let i = 0; i < feedbackWidth; i++) {
      const by = turned[i]! / scale;
      for (let l = 0; l < feedbackWidth; l++) inverse[i * feedbackWidth + l]! -= by * turned[l]!;
    }
  }
  return feedback;
}

function timesRows(matrix: Float64Array, vector: Float64Array): Float64Array {
  return vector.map((_, i) => {
    let sum = 0;
    for (let l = 0; l < vector.length; l++) sum += matrix[i * vector.length + l]! * vector[l]!;
    return sum;
  });
}
