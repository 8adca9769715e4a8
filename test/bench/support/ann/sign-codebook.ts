/** Codebooks whose words are signs, for structures of many lists: what the sign codes of peers are compared with. */
import { assignNearest, toFloat16, toFloat32 } from '../../../../kernels/kernels.js';
import { factorScales } from '../../../../trainer/structure/factor-scales.js';
import { signDims, signWords } from '../../../../trainer/structure/sign-words.js';
import type { ListCodebook } from '../../../../vector-index/codebook/list-codebook.js';
import type { Structure } from '../../../../vector-index/codebook/structure.js';

const scaleRowsMax = 16_384;

/**
 * The codebook of `structure` with sign words: bases and anchors are those of `from`, units of factors those that `vectors`
 * float32[n, dim], n ≥ 1, need.
 */
export function signCodebook(
  structure: Structure,
  from: Pick<ListCodebook, 'dim' | 'bases' | 'anchors'>,
  vectors: Float32Array,
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
  return { ...shape, ...factorScales(shape, { residuals, lists, anchors, dim }), dim, bases, anchors };
}
