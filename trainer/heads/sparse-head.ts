/**
 * Where the sparse head begins. What is trained is how much a word counts where it stands, as a multiple of what BM25 says:
 *
 *   score(q, d) = sum over tokens i of q whose word u is in d of softplus(x_i · a + b) · softplus(y_u · c + e) · BM25(u, d)
 *
 * x_i is the row of token i by the frozen backbone, y_u the mean row of u's occurrences in d. M3's sparse head (Chen et al. 2024,
 * arXiv 2402.03216, section 3.2) with BM25's statistics as its scale.
 */
import type { SparseHead } from '../../vector-index/codebook/sparse-head.js';
import { unitBias } from './row-weights.js';

/** A head for rows of `dim` dimensions that gives BM25: every weight is 1. */
export function sparseStart(dim: number): SparseHead {
  const even = (): Float32Array => {
    const weights = new Float32Array(dim + 1);
    weights[dim] = unitBias;
    return weights;
  };
  return { queries: even(), documents: even() };
}
