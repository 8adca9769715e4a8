/**
 * The multi-vector head: token rows of a frozen backbone to fewer dimensions, beside the mean of their document in all of them.
 *
 *   query · row = query · mean + query · (row − mean) ≈ query · mean + (query · Q) · unit((row − mean) · D) |row − mean|
 *
 * A document's mean bears most of what its rows differ by from those of other documents, and every token of a query meets it, so that its
 * errors add up instead of cancelling. Columns of Q are orthonormal: Q · Dᵀ · (row − mean) is the estimate of what a row has beyond its mean,
 * and unit() gives this estimate the length that is known (trainer/heads/fit-multi.ts fits both).
 */
import { toFloat32 } from '../../kernels/kernels.js';
import { levelProduct, meanBytes, meanQuery } from '../../kernels/max-sim/means.js';
import { centreRows } from '../../vector-index/codebook/centred-rows.js';
import type { Products } from './products.js';

export interface MultiHead {
  readonly inputDim: number;
  readonly dim: number;
  /** D: float32[inputDim, dim] */
  readonly documents: Float32Array;
  /** Q: float32[inputDim, dim], columns orthonormal. */
  readonly queries: Float32Array;
}

export interface MappedDocument {
  /** uint8[meanBytes(inputDim)]: step and levels (kernels/max-sim/means.ts). */
  readonly mean: Uint8Array;
  /** float32[n, dim] */
  readonly rows: Float32Array;
}

/** `rows` float32[n, inputDim], at least one, of one document. */
export async function mapDocument(rows: Float32Array, head: MultiHead, products: Products): Promise<MappedDocument> {
  const { inputDim, dim } = head;
  const { mean, directions, lengths } = centreRows(rows, inputDim);
  const mapped = await products.times(directions, head.documents, inputDim);
  lengths.forEach((length, row) => {
    const own = mapped.subarray(row * dim, (row + 1) * dim);
    const squares = own.reduce((sum, value) => sum + value * value, 0);
    const factor = squares > 0 ? length / Math.sqrt(squares) : 0;
    for (let j = 0; j < dim; j++) own[j]! *= factor;
  });
  return { mean, rows: mapped };
}

/** `rows` float32[n, inputDim] of a query: float32[n, dim]. Linear, so that weighted rows stay weighted. */
export function mapQuery(rows: Float32Array, head: MultiHead, products: Products): Promise<Float32Array> {
  return products.times(rows, head.queries, head.inputDim);
}

/** The sum over the query's `rows` float32[n, dim] of products with each of `means` uint8[documents, meanBytes(dim)]. */
export function meanProducts(rows: Float32Array, dim: number, means: Uint8Array): Float64Array {
  const { sum } = meanQuery(rows, dim);
  const size = meanBytes(dim);
  return Float64Array.from({ length: means.length / size }, (_, document) => {
    const at = document * size;
    const [step = 0] = toFloat32(Uint16Array.of(means[at]! | (means[at + 1]! << 8)));
    return step * levelProduct(sum, new Int8Array(means.buffer, means.byteOffset + at + 2, dim));
  });
}
