/**
 * Centroids coded so that the lists nearest to a query are found as vectors are (list-search.h): by sign codes, which need no training, and then
 * by rows of bytes.
 */
import { alignedBytes } from './aligned-bytes.js';
import { encodeBatch, ksub, packList, type Codebook } from './codes.js';
import { callKernels as call } from './native.js';
import { paddedDim } from './second-code/record.js';
import { signDims, signWords } from './sign-words.js';

export interface CodedCentroids {
  readonly codebook: Codebook;
  /** float32[dim], what all are coded against: their mean. */
  readonly base: Float32Array;
  /** Codes as of one list; vector l is centroid l. */
  readonly blocks: Uint8Array;
  /** int8[n, dim padded to 32], from the beginning of a cache line on, and float32[n] */
  readonly rows: Int8Array;
  readonly rowScales: Float32Array;
}

/** The largest factor is this level (product-code.h). */
const levels = 32_767;

/**
 * `centroids` float32[n ≥ 1, dim], finite, coded; dim up to 2,048, that of sign codes. Words are as large in a dimension as the centroids'
 * mean distance from their base is there: some dimensions of many models are far larger than the others. Takes some 8 µs a centroid of 384
 * dimensions.
 */
export function codeCentroids(centroids: Float32Array, dim: number): CodedCentroids {
  const count = centroids.length / dim;
  const base = meanOf(centroids, dim);
  const sizes = meanOf(centroids, dim, base);
  const subquantizers = Math.ceil(dim / signDims);
  const words = signWords(subquantizers).map((sign, at) => Math.sign(sign) * (sizes[Math.floor(at / ksub)] ?? 0));
  const codebook = { words, subquantizers, dsub: signDims, ...factorUnits(centroids, base, sizes) };
  const lists = new Uint32Array(count);
  const coded = encodeBatch({ codebook, points: centroids, dim, lists, bases: base, anchors: base, hasRecords: false });
  const { buffer, byteOffset, length } = alignedBytes(count * paddedDim(dim));
  const rows = new Int8Array(buffer, byteOffset, length);
  const rowScales = new Float32Array(count);
  call((kernels) => kernels.quantizeCentroids(centroids, dim, rows, rowScales));
  return { codebook, base, blocks: packList(subquantizers, coded), rows, rowScales };
}

/** The mean of every dimension; with `base` that of the distance from it. */
function meanOf(rows: Float32Array, dim: number, base: Float32Array | null = null): Float32Array {
  const sums = new Float64Array(dim);
  for (let row = 0; row < rows.length; row += dim) {
    if (base === null) for (let j = 0; j < dim; j++) sums[j]! += rows[row + j]!;
    else for (let j = 0; j < dim; j++) sums[j]! += Math.abs(rows[row + j]! - base[j]!);
  }
  return Float32Array.from(sums, (sum) => (sum * dim) / rows.length);
}

/** Units with which no factor is cut off: f = |r|² / ⟨r, d⟩ and t = ⟨a, r⟩ − f ⟨a, d⟩ of every row, where d has the signs of r and `sizes`. */
function factorUnits(
  rows: Float32Array,
  base: Float32Array,
  sizes: Float32Array,
): Pick<Codebook, 'rescale' | 'anchor'> {
  const dim = base.length;
  let [rescale, shift] = [0, 0];
  for (let row = 0; row < rows.length; row += dim) {
    let [norm, product, anchorResidual, anchorDecoded] = [0, 0, 0, 0];
    for (let j = 0; j < dim; j++) {
      const r = rows[row + j]! - base[j]!;
      const d = r < 0 ? -sizes[j]! : sizes[j]!;
      norm += r * r;
      product += r * d;
      anchorResidual += base[j]! * r;
      anchorDecoded += base[j]! * d;
    }
    const f = product > 0 ? norm / product : 0;
    rescale = Math.max(rescale, f);
    shift = Math.max(shift, Math.abs(anchorResidual - f * anchorDecoded));
  }
  // Where all centroids are one, any unit will do.
  return { rescale: (rescale > 0 ? rescale : 1) / levels, anchor: (shift > 0 ? shift : 1) / levels };
}
