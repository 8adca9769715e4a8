/**
 * The loss of JPQ (Zhan et al., CIKM 2021): pairs of a relevant and an irrelevant document, each weighed by what its order changes of the
 * reciprocal ranks (LambdaRank, Burges et al., NIPS 2006).
 *
 *   w = 1 / rank, 0 beyond the cut;   L = (1/B) Σ_b mean over pairs (i relevant, j not) of |w_i − w_j| · log(1 + exp(σ (s_j − s_i)))
 *   ∂L/∂s_j = −∂L/∂s_i = |w_i − w_j| σ · sigmoid(σ (s_j − s_i)) / (B · pairs)
 *
 * Ranks are those of the present scores and constants of the gradient, as in LambdaRank. A query without a pair gives nothing.
 */
import { assert } from '../../base/assert.js';

export interface LabelledScores {
  /** float64[queries, width] */
  readonly scores: Float64Array;
  /** float64[queries, width]: 1 relevant, 0 not, −Infinity = no document. */
  readonly labels: Float64Array;
  readonly width: number;
}

export interface LambdaRankOptions {
  /** σ, of scores as they are. */
  readonly scale: number;
  /** Ranks beyond it weigh nothing. */
  readonly cut: number;
}

/** The loss, mean over queries; its gradient is written to `gradient` float64[queries, width]. */
export function lambdaRank(
  { scores, labels, width }: LabelledScores,
  { scale, cut }: LambdaRankOptions,
  gradient: Float64Array,
): number {
  assert(scores.length === labels.length && gradient.length === scores.length, 'there is a place for every score');
  gradient.fill(0);
  const queries = scores.length / width;
  let loss = 0;
  for (let from = 0; from < scores.length; from += width) {
    const own = scores.subarray(from, from + width);
    const relevance = labels.subarray(from, from + width);
    const weights = weightsOf(own, relevance, cut);
    const relevant = numbersOf(relevance, 1);
    const others = numbersOf(relevance, 0);
    const share = 1 / (queries * relevant.length * others.length);
    for (const i of relevant) {
      for (const j of others) {
        const weight = Math.abs(weights[i]! - weights[j]!) * share;
        if (weight === 0) continue;
        const behind = scale * (own[j]! - own[i]!);
        loss += weight * softplus(behind);
        const slope = (weight * scale) / (1 + Math.exp(-behind));
        gradient[from + j]! += slope;
        gradient[from + i]! -= slope;
      }
    }
  }
  return loss;
}

function weightsOf(scores: Float64Array, labels: Float64Array, cut: number): Float64Array {
  const present = Array.from(scores.keys()).filter((at) => labels[at] !== -Infinity);
  present.sort((left, right) => scores[right]! - scores[left]! || left - right);
  const weights = new Float64Array(scores.length);
  present.slice(0, cut).forEach((at, rank) => (weights[at] = 1 / (rank + 1)));
  return weights;
}

function numbersOf(labels: Float64Array, wanted: number): number[] {
  return Array.from(labels.keys()).filter((at) => labels[at] === wanted);
}

/** log(1 + exp(x)) without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
