/**
 * How good a ranking is: nDCG@10, recall@100, MRR@10, each the mean over the judged queries.
 *
 * nDCG has linear gain and takes its ideal from all judgements of the query (Järvelin and Kekäläinen 2002, discount log2(rank + 1));
 * recall and MRR count scores ≥ 1.
 */
import { assert } from '../../../base/assert.js';

/** Document id → score; a query's judgements. */
export type Judgements = ReadonlyMap<string, number>;

export interface Quality {
  readonly ndcgAt10: number;
  readonly recallAt100: number;
  readonly mrrAt10: number;
}

/** Discounted gain of the first 10 of `ranking` over that of the best order of all judged documents; 0 where nothing is relevant. */
export function ndcgAt10(ranking: readonly string[], judgements: Judgements): number {
  const ideal = [...judgements.values()].sort((left, right) => right - left);
  const best = discountedGain(ideal.slice(0, 10));
  const reached = discountedGain(ranking.slice(0, 10).map((id) => judgements.get(id) ?? 0));
  return best === 0 ? 0 : reached / best;
}

/** Share of the relevant documents among the first 100; 0 where nothing is relevant. */
export function recallAt100(ranking: readonly string[], judgements: Judgements): number {
  const relevant = [...judgements.values()].filter((score) => score >= 1).length;
  const found = ranking.slice(0, 100).filter((id) => (judgements.get(id) ?? 0) >= 1).length;
  return relevant === 0 ? 0 : found / relevant;
}

/** 1 / rank of the first relevant document among the first 10; 0 where there is none. */
export function mrrAt10(ranking: readonly string[], judgements: Judgements): number {
  const index = ranking.slice(0, 10).findIndex((id) => (judgements.get(id) ?? 0) >= 1);
  return index === -1 ? 0 : 1 / (index + 1);
}

/** Means over all judged queries; a query without a ranking counts 0. */
export function qualityOf(
  rankings: ReadonlyMap<string, readonly string[]>,
  judged: ReadonlyMap<string, Judgements>,
): Quality {
  const mean = (measure: (ranking: readonly string[], judgements: Judgements) => number): number => {
    let sum = 0;
    for (const [query, judgements] of judged) sum += measure(rankings.get(query) ?? [], judgements);
    return judged.size === 0 ? 0 : sum / judged.size;
  };
  return { ndcgAt10: mean(ndcgAt10), recallAt100: mean(recallAt100), mrrAt10: mean(mrrAt10) };
}

/** The smallest value that at least `share` of `values` do not exceed (nearest rank); `values` is not empty. */
export function percentile(values: readonly number[], share: number): number {
  assert(values.length > 0, 'there are values');
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

function discountedGain(gains: readonly number[]): number {
  return gains.reduce((sum, gain, index) => sum + gain / Math.log2(index + 2), 0);
}
