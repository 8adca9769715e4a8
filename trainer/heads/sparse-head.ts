/**
 * The sparse head: how much a word counts where it stands, as a multiple of what BM25 says, and how much the words nearest to it count.
 *
 *   score(q, d) = sum over tokens i of q, words u in d that are i's word or near it, of
 *                 softplus(x_i · a + b) · κ(nearness of i's word and u) · softplus(y_u · c + e) · BM25(i's word, u, d)
 *
 * x_i is the row of token i by the frozen backbone, y_u the mean row of u's occurrences in d. A head that begins with weights of 1 and no
 * words near is BM25 itself. M3's sparse head (Chen et al. 2024, arXiv 2402.03216, section 3.2) with BM25's statistics as its scale.
 */
import { assert } from '../../base/assert.js';
import { unitBias } from './row-weights.js';

export interface SparseHead {
  readonly inputDim: number;
  /** float32[inputDim + 1]: a, and behind it b. */
  readonly queries: Float32Array;
  /** float32[inputDim + 1]: c, and behind it e. */
  readonly documents: Float32Array;
  /** float32[levels]: κ of each level of nearness is its softplus. */
  readonly nearness: Float32Array;
}

/** κ at the start: a tenth of the word itself. */
const startBias = Math.log(Math.expm1(0.1));

/** A head that gives BM25, with a little of the nearest words in `levels` levels. */
export function sparseStart(inputDim: number, levels: number): SparseHead {
  const even = (): Float32Array => {
    const weights = new Float32Array(inputDim + 1);
    weights[inputDim] = unitBias;
    return weights;
  };
  return { inputDim, queries: even(), documents: even(), nearness: new Float32Array(levels).fill(startBias) };
}

/** The level of cosine `nearness` among `levels`, equal parts from `least` to 1; −1 below `least`. */
export function nearnessLevel(nearness: number, least: number, levels: number): number {
  assert(least < 1 && levels >= 1, 'there is a range of nearness');
  if (nearness < least) return -1;
  return Math.min(levels - 1, Math.floor(((nearness - least) / (1 - least)) * levels));
}
