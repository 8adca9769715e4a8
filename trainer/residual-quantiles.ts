/**
 * The buckets of a residual code (ColBERTv2, arXiv 2112.01488): one set for all dimensions, by quantiles of the residuals.
 *
 * Cutoffs lie at the quantiles i / 2^nbits, weights at (i + ½) / 2^nbits, so that every bucket is used equally often and stands for
 * its median.
 */
import { assert } from '../base/assert.js';
import { assignNearest } from '../kernels/kernels.js';

export interface ResidualBuckets {
  /** float32[2^nbits − 1], ascending. */
  readonly cutoffs: Float32Array;
  /** float32[2^nbits], ascending. */
  readonly weights: Float32Array;
}

/**
 * Buckets for `rows` float32[n, dim] under `centroids` float32[k, dim]. Take rows that the centroids were not trained on, else
 * residuals look smaller than they will be. Sorts a copy of all n × dim residuals.
 */
export function trainResidualBuckets(
  rows: Float32Array,
  centroids: Float32Array,
  { dim, nbits }: { readonly dim: number; readonly nbits: 1 | 2 | 4 },
): ResidualBuckets {
  assert(rows.length >= dim, 'there are rows to take residuals of');
  const { assignments } = assignNearest(rows, centroids, dim);
  const residuals = new Float32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const centroid = assignments[Math.floor(i / dim)]!;
    residuals[i] = rows[i]! - centroids[centroid * dim + (i % dim)]!;
  }
  residuals.sort();
  const buckets = 1 << nbits;
  const cutoffs = Float32Array.from({ length: buckets - 1 }, (_, i) => quantile(residuals, (i + 1) / buckets));
  const weights = Float32Array.from({ length: buckets }, (_, i) => quantile(residuals, (i + 0.5) / buckets));
  return { cutoffs, weights };
}

/** The value of ascending `sorted` at `share` of its length, between neighbours by their distance. */
function quantile(sorted: Float32Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (at - below);
}
