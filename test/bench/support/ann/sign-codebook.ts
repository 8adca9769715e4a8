/** Codebooks whose words are signs, for structures of many lists: what the sign codes of peers are compared with. */
import { factorScales } from '../../../../trainer/structure/factor-scales.js';
import { signDims, signWords } from '../../../../kernels/sign-words.js';
import type { ListCodebook } from '../../../../vector-index/codebook/list-codebook.js';
import type { Structure } from '../../../../vector-index/codebook/structure.js';
import { sampleResiduals } from './sample-residuals.js';

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
  const width = subquantizers * signDims;
  const sample = sampleResiduals(structure, bases, vectors, { most: scaleRowsMax, width });
  return { ...shape, ...factorScales(shape, { ...sample, anchors, dim }), dim, bases, anchors };
}
