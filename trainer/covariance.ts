/** How rows vary together. */
import { refuseStopped, type StopSign } from './stop-sign.js';

const rowsBetweenLooks = 64;

/** float64[dim, dim]: the mean of row′ row over `rows` float32[n, dim], n ≥ 1, which are centred already. CANCELLED by the signal. */
export function covariance(rows: Float32Array, dim: number, signal?: StopSign): Float64Array {
  const sums = new Float64Array(dim * dim);
  for (let row = 0; row < rows.length / dim; row++) {
    if (row % rowsBetweenLooks === 0) refuseStopped(signal);
    const own = rows.subarray(row * dim, (row + 1) * dim);
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
