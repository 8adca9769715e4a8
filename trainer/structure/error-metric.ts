/**
 * How much does an error of first codes count, along which direction? As much as queries differ from the anchors of the lists that they read
 * (kernels/product-code/error-metric.h): the mean of (q − a)(q − a)′ over queries and such lists. Guo et al. 2020, "Accelerating large-scale
 * inference with anisotropic vector quantization", weigh errors so by the vector alone.
 *
 * Vectors differ from the bases of their lists as queries that lie near the data do, so residuals stand for these, alone where there are no
 * queries. What is left to count in all directions alike covers what a sample does not say, and keeps short what second codes have to bear.
 */
import type { Structure } from '../../vector-index/codebook/structure.js';
import { nearestLists } from '../../vector-index/codebook/structure.js';
import { atAnchorLength } from '../../vector-index/lists/query-length.js';
import { covariance } from '../covariance.js';
import { refuseStopped, type StopSign } from '../stop-sign.js';

/** Rows that a covariance is of: as many as keep it to a second or two. */
const rowsMax = 8_192;
const workMax = 4_000_000_000;
/** Coding takes time with the square of it. */
const dimMax = 1_024;
/** Lists that a query is compared with: those that decide its answers. More queries say more than more lists. */
const probed = 2;
/**
 * What queries count beside residuals, and all directions alike beside both. Chosen on a thousand words and sentences that are asked of glosses
 * and not measured: of words between half and nine tenths changes little, sentences lose with it.
 */
const queryShare = 0.75;
const evenShare = 0.35;

export interface MetricSample {
  /** float32[n, width], n ≥ 1. */
  readonly residuals: Float32Array;
  /** subquantizers · dsub. */
  readonly width: number;
  readonly structure: Structure;
  /** float32[lists, dim] */
  readonly anchors: Float32Array;
  /** float32[m, dim], in any order; null = none. */
  readonly queries: Float32Array | null;
}

/** float32[width, width], symmetric, of mean 1 on its diagonal; null where residuals are zeros, or have more than 1,024 dimensions. */
export function errorMetric(sample: MetricSample, signal?: StopSign): Float32Array | null {
  const { residuals, width } = sample;
  if (width > dimMax) return null;
  const rows = Math.min(rowsMax, Math.ceil(workMax / (width * width)));
  const near = evened(covariance(residuals.subarray(0, rows * width), width, { signal }), width);
  const far =
    sample.queries === null ? null : evened(covariance(differences(sample, rows, signal), width, { signal }), width);
  refuseStopped(signal);
  if (near === null) return null;
  const share = far === null ? 0 : queryShare;
  return Float32Array.from(near, (value, at) => {
    const counted = (1 - share) * value + share * (far?.[at] ?? 0);
    return (1 - evenShare) * counted + (at % (width + 1) === 0 ? evenShare : 0);
  });
}

/** float32[n, width]: what queries, as they are compared, have beyond the anchors of the lists that they read first. */
function differences(
  { width, structure, anchors, queries }: MetricSample,
  rows: number,
  signal: StopSign | undefined,
): Float32Array {
  const { dim } = structure;
  const lists = Math.min(probed, anchors.length / dim);
  const count = Math.min(queries!.length / dim, rows);
  const found = new Float32Array(count * lists * width);
  for (let row = 0; row < count; row++) {
    refuseStopped(signal);
    const asked = queries!.subarray(row * dim, (row + 1) * dim);
    const query = atAnchorLength(asked, { anchors, dim });
    nearestLists(structure, asked, lists).forEach((list, i) => {
      for (let j = 0; j < dim; j++) found[(row * lists + i) * width + j] = query[j]! - anchors[list * dim + j]!;
    });
  }
  return found;
}

/** `matrix` float64[width, width] over the mean of its diagonal; null where that is zero. */
function evened(matrix: Float64Array, width: number): Float64Array | null {
  let trace = 0;
  for (let j = 0; j < width; j++) trace += matrix[j * (width + 1)]!;
  return trace > 0 ? matrix.map((value) => (value * width) / trace) : null;
}
