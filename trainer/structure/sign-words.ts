/**
 * Words that need no training: of every four dimensions the sixteen patterns of signs. A code of them is the sign code of RaBitQ (Gao and
 * Long, "RaBitQ: Quantizing high-dimensional vectors with a theoretical error bound for approximate nearest neighbor search", 2024)
 * without its rotation: one bit a dimension, and the factor of each vector makes the estimate exact along the vector itself.
 */
import { assignNearest, toFloat16, toFloat32 } from '../../kernels/kernels.js';
import { ksub } from '../../kernels/codes.js';
import type { ListCodebook } from '../../vector-index/codebook/list-codebook.js';
import type { Structure } from '../../vector-index/codebook/structure.js';
import type { StopSign } from '../stop-sign.js';
import { factorScales } from './factor-scales.js';

/** Dimensions of a part. */
export const signDims = 4;
const scaleRowsMax = 16_384;

/** Words float32[subquantizers, 4, 16]: dimension j of word w is positive where bit j of w is set. All words together have norm 1. */
export function signWords(subquantizers: number): Float32Array {
  const size = 1 / Math.sqrt(subquantizers * signDims);
  const words = new Float32Array(subquantizers * signDims * ksub);
  for (let at = 0; at < words.length; at++) {
    const [word, dimension] = [at % ksub, Math.floor(at / ksub) % signDims];
    words[at] = (word >> dimension) & 1 ? size : -size;
  }
  return words;
}

/**
 * The codebook of `structure` with sign words: bases and anchors are those of `from`, units of factors those that `vectors`
 * float32[n, dim], n ≥ 1, need. CANCELLED by the signal.
 */
export function signCodebook(
  structure: Structure,
  from: Pick<ListCodebook, 'dim' | 'bases' | 'anchors'>,
  vectors: Float32Array,
  signal?: StopSign,
): ListCodebook {
  const { dim, bases, anchors } = from;
  const subquantizers = Math.ceil(dim / signDims);
  const shape = { words: signWords(subquantizers), subquantizers, dsub: signDims };
  const count = vectors.length / dim;
  const sampled = Math.min(count, scaleRowsMax);
  const rows = new Float32Array(sampled * dim);
  for (let i = 0; i < sampled; i++) {
    const row = Math.floor((i * count) / sampled);
    rows.set(vectors.subarray(row * dim, (row + 1) * dim), i * dim);
  }
  const rounded = toFloat32(toFloat16(rows));
  const { assignments: lists } = assignNearest(rounded, structure.centroids, dim);
  const residuals = new Float32Array(sampled * subquantizers * signDims);
  for (let i = 0; i < rounded.length; i++) {
    const [row, j] = [Math.floor(i / dim), i % dim];
    residuals[row * subquantizers * signDims + j] = rounded[i]! - bases[lists[row]! * dim + j]!;
  }
  return { ...shape, ...factorScales(shape, { residuals, lists, anchors, dim }, signal), dim, bases, anchors };
}
