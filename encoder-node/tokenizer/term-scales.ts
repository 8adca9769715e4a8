/** Weights of a text's words by the model's sparse head, from the features of its rows. Pure. */
import { softplus } from '../../vector-index/codebook/sparse-head.js';
import type { TermCounts } from './term-counts.js';

/** What a sparse head says of the rows that a text became: `ids[i]` is the token behind `features[i]`. */
export interface RowFeatures {
  /** int32[rows] */
  readonly ids: Int32Array;
  /** float64[rows] */
  readonly features: Float64Array;
}

/**
 * float32[terms]: what BM25's weight of each of a document's `termIds` is multiplied by. A word behind the model's reach has the mean
 * weight of the others; where the model read none, all have 1.
 */
export function documentScales({ termIds }: Pick<TermCounts, 'termIds'>, rows: RowFeatures): Float32Array {
  const sums = new Map<number, { sum: number; count: number }>(
    Array.from(termIds, (id) => [id, { sum: 0, count: 0 }] as const),
  );
  rows.ids.forEach((id, i) => {
    const own = sums.get(id);
    if (own === undefined) return;
    own.sum += rows.features[i]!;
    own.count += 1;
  });
  const weights = Float64Array.from(termIds, (id) => weightOf(sums.get(id)!));
  const known = weights.filter((weight) => !Number.isNaN(weight));
  const mean = known.length === 0 ? 1 : known.reduce((sum, weight) => sum + weight, 0) / known.length;
  return Float32Array.from(weights, (weight) => (Number.isNaN(weight) ? mean : weight));
}

/** Softplus of the mean; NaN without an occurrence. */
function weightOf({ sum, count }: { readonly sum: number; readonly count: number }): number {
  return count === 0 ? NaN : softplus(sum / count);
}

/** float32[terms]: how much each of a query's words asks, its occurrences together. One that the model did not read counts 1. */
export function queryWeights(
  { termIds, counts }: Pick<TermCounts, 'termIds' | 'counts'>,
  rows: RowFeatures,
): Float32Array {
  const sums = new Map(Array.from(termIds, (id, i) => [id, counts[i]!] as const));
  rows.ids.forEach((id, i) => {
    const own = sums.get(id);
    if (own !== undefined) sums.set(id, own + softplus(rows.features[i]!) - 1);
  });
  return Float32Array.from(termIds, (id) => sums.get(id)!);
}
