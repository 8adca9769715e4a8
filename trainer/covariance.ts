/** How rows vary together. */
import { refuseStopped, type StopSign } from './stop-sign.js';

const rowsBetweenLooks = 64;

/**
 * float64[dim, dim]: the mean of row′ row over `rows` float32[n, dim], n ≥ 1, less `mean` float64[dim]; left out = they are centred already.
 * CANCELLED by the signal.
 */
export function covariance(
  rows: Float32Array,
  dim: number,
  { mean, signal }: { readonly mean?: Float64Array; readonly signal?: StopSign | undefined } = {},
): Float64Array {
  const sums = new Float64Array(dim * dim);
  const own = new Float64Array(dim);
  for (let row = 0; row < rows.length / dim; row++) {
    if (row % rowsBetweenLooks === 0) refuseStopped(signal);
    for (let j = 0; j < dim; j++) own[j] = rows[row * dim + j]! - (mean?.[j] ?? 0);
    for (let i = 0; i < dim; i++) {
      const value = own[i]!;
      const line = sums.subarray(i * dim, (i + 1) * dim);
      for (let j = i; j < dim; j++) line[j]! += value * own[j]!;
    }
  }
  for (let i = 0; i < dim; i++) {
    for (let j = i; j < dim; j++) sums[j * dim + i] = sums[i * dim + j] = (sums[i * dim + j]! * dim) / rows.length;
  }
  return sums;
}
