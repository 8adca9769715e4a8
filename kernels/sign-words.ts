/**
 * Words that need no training: of every four dimensions the sixteen patterns of signs. A code of them is the sign code of RaBitQ (Gao and
 * Long, "RaBitQ: Quantizing high-dimensional vectors with a theoretical error bound for approximate nearest neighbor search", 2024)
 * without its rotation: one bit a dimension, and the factor of each vector makes the estimate exact along the vector itself.
 */
import { ksub } from './codes.js';

/** Dimensions of a part. */
export const signDims = 4;

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
