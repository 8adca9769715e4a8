/** How early does the first code put what people called relevant? MRR@10, with given parameters. */
import type { StopSign } from '../stop-sign.js';
import { candidatePools, withoutSelf, type TaughtDocuments } from './candidate-pools.js';
import type { ScanParameters } from './scan-parameters.js';

const depth = 10;

export interface LabelledQueries {
  /** float32[n, dim], at the length at which queries are compared with codes. */
  readonly rows: Float32Array;
  /** uint32[at least 1] each: the documents that are relevant. */
  readonly relevant: readonly Uint32Array[];
}

/** float64[queries]: 1 / the rank of the first relevant document, 0 beyond the tenth. */
export function reciprocalRanks(
  taught: TaughtDocuments,
  { rows, relevant }: LabelledQueries,
  parameters: ScanParameters,
  signal?: StopSign,
): Float64Array {
  const numbers = Uint32Array.from(relevant.keys());
  const options = { parameters, width: depth, signal, choose: withoutSelf(null) };
  const pools = candidatePools(taught, { rows }, numbers, options);
  return Float64Array.from(pools, (pool, query) => {
    const rank = pool.rows.findIndex((row) => relevant[query]!.includes(row));
    return rank < 0 ? 0 : 1 / (rank + 1);
  });
}

/** MRR@10: the mean of `ranks`, 0 without queries. */
export function meanRank(ranks: Float64Array): number {
  return ranks.length === 0 ? 0 : ranks.reduce((sum, each) => sum + each, 0) / ranks.length;
}
