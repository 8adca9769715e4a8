/** The scales of a residual code: in what residuals are measured before they fall into buckets. */
import { nearestScale, residualSize } from '../vector-index/codebook/scaled-rows.js';
import { bucketsOf, residualsOf, type ResidualBuckets } from './residual-buckets.js';

export interface ScaledBuckets extends ResidualBuckets {
  /** float32[dim]: root mean squares of dimensions, 1 on average; float32[classes]: of residuals, ascending. */
  readonly scaling: { readonly spreads: Float32Array; readonly scales: Float32Array };
}

/**
 * The smallest scale is one that this share of the residuals fall short of, and each is a fourth of an octave above the one before it. So
 * most of them serve residuals that are larger than the usual ones: other text lies further from centroids than the text they come of.
 */
const shareBelow = 0.1;
const scaleCount = 4;
const scaleStep = 2 ** 0.25;
/** A dimension in which residuals are smaller counts as if they had this size, of the average. */
const leastSpread = 1e-3;

/**
 * Scales and buckets for `rows` float32[n, dim] under `centroids` float32[k, dim]. Take rows that the centroids were not trained on, else
 * residuals look smaller than they will be. Sorts a copy of all n × dim residuals.
 */
export function trainScaledBuckets(
  rows: Float32Array,
  centroids: Float32Array,
  { dim, nbits }: { readonly dim: number; readonly nbits: 1 | 2 | 4 },
): ScaledBuckets {
  const residuals = residualsOf(rows, centroids, dim);
  const spreads = spreadsOf(residuals, dim);
  const origin = new Float32Array(dim);
  const sizes = Float32Array.from({ length: rows.length / dim }, (_, row) =>
    residualSize(residuals.subarray(row * dim, (row + 1) * dim), origin),
  );
  const least = Math.max(sizes.slice().sort()[Math.floor(shareBelow * sizes.length)]!, 1e-6);
  const scales = Float32Array.from({ length: scaleCount }, (_, i) => least * scaleStep ** i);
  const units = residuals.map(
    (value, i) => value / (spreads[i % dim]! * scales[nearestScale(scales, sizes[Math.floor(i / dim)]!)]!),
  );
  return { ...bucketsOf(units, nbits), scaling: { spreads, scales } };
}

function spreadsOf(residuals: Float32Array, dim: number): Float32Array {
  const squares = new Float64Array(dim);
  for (let i = 0; i < residuals.length; i++) squares[i % dim]! += residuals[i]! ** 2;
  const mean = squares.reduce((sum, value) => sum + value, 0) / dim;
  return Float32Array.from(squares, (sum) => (mean > 0 ? Math.max(Math.sqrt(sum / mean), leastSpread) : 1));
}
