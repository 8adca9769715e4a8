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

/** Mean over `queries` of 1 / the rank of the first relevant document, 0 beyond the tenth; 0 without queries. */
export function labelRank(
  taught: TaughtDocuments,
  { rows, relevant }: LabelledQueries,
  parameters: ScanParameters,
  signal?: StopSign,
): number {
  const numbers = Uint32Array.from(relevant.keys());
  const options = { parameters, width: depth, signal, choose: withoutSelf(null) };
  const pools = candidatePools(taught, { rows }, numbers, options);
  const sum = pools.reduce((total, pool, query) => {
    const rank = pool.rows.findIndex((row) => relevant[query]!.includes(row));
    return total + (rank < 0 ? 0 : 1 / (rank + 1));
  }, 0);
  return relevant.length === 0 ? 0 : sum / relevant.length;
}
