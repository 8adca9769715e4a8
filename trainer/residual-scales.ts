/** The scales of a residual code: from what share of a centroid residuals are taken, and how large they are by dimension. */
import { assert } from '../base/assert.js';
import { assignNearest } from '../kernels/kernels.js';
import { nearestGain, residualScale } from '../vector-index/codebook/scaled-rows.js';
import type { ScaleTables } from '../vector-index/codebook/token-codec-file.js';
import { trainResidualBuckets, type ResidualBuckets } from './residual-buckets.js';

export interface ScaledBuckets extends ResidualBuckets {
  readonly scaling: ScaleTables;
}

/**
 * The largest gain is a cosine that this share of the rows exceed; three more follow in equal steps down to half of it. Rows of other
 * text, which need the smaller ones, are thus as well served as those that the codec is trained on.
 */
const shareAbove = 0.1;
const gainCount = 4;
/** The largest gain is within these: residuals of gain 1 would have no size. */
const gainBounds = [0.02, 0.995] as const;
/** A dimension in which residuals are smaller counts as if they had this size, of the average. */
const leastSpread = 1e-3;

/**
 * Scales and buckets for `rows` float32[n, dim], at least one, of unit length and without their document's mean, under unit `centroids` float32[k, dim]. Take rows that the centroids
 * were not trained on, else residuals look smaller than they will be. Sorts a copy of all n × dim residuals.
 */
export function trainScaledBuckets(
  rows: Float32Array,
  centroids: Float32Array,
  { dim, nbits }: { readonly dim: number; readonly nbits: 1 | 2 | 4 },
): ScaledBuckets {
  assert(rows.length >= dim, 'there are rows to take residuals of');
  const { assignments, scores } = assignNearest(rows, centroids, dim);
  const gains = gainsOf(scores);
  const residuals = rows.slice();
  scores.forEach((cosine, row) => {
    const gain = gains[nearestGain(gains, cosine)]!;
    const scale = residualScale(gain, dim);
    const base = assignments[row]! * dim;
    for (let j = 0, i = row * dim; j < dim; j++, i++) residuals[i] = (rows[i]! - gain * centroids[base + j]!) / scale;
  });
  const spreads = spreadsOf(residuals, dim);
  const units = residuals.map((value, i) => value / spreads[i % dim]!);
  return { ...trainResidualBuckets(units, nbits), scaling: { spreads, gains } };
}

function gainsOf(cosines: Float32Array): Float32Array {
  const top = cosines.slice().sort()[Math.floor((1 - shareAbove) * (cosines.length - 1))]!;
  const largest = Math.min(Math.max(top, gainBounds[0]), gainBounds[1]);
  return Float32Array.from({ length: gainCount }, (_, i) => largest * (0.5 + (0.5 * i) / (gainCount - 1)));
}

function spreadsOf(residuals: Float32Array, dim: number): Float32Array {
  const squares = new Float64Array(dim);
  for (let i = 0; i < residuals.length; i++) squares[i % dim]! += residuals[i]! ** 2;
  const mean = squares.reduce((sum, value) => sum + value, 0) / dim;
  return Float32Array.from(squares, (sum) => (mean > 0 ? Math.max(Math.sqrt(sum / mean), leastSpread) : 1));
}
