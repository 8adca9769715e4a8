/** Which queries are learned from, which choose when to stop, and which judge in the end? No query does two of these. */
import type { Random } from '../../base/random.js';
import type { ListStructure } from '../../vector-index/codebook/list-structure.js';
import { atAnchorLength } from '../../vector-index/lists/query-length.js';
import { gatherRows, shuffledRows } from '../rows.js';
import type { TrainingQueries } from './candidate-pools.js';

/** Share and number of those held out, half of them for either use. */
const heldShare = 1 / 5;
const heldMax = 1_600;
/** Documents that ask for their neighbours where there are no queries, at most. */
const askingMax = 20_000;

export interface SplitQueries {
  readonly training: TrainingQueries;
  readonly choosing: TrainingQueries;
  readonly judging: TrainingQueries;
}

/** `queries` float32[n, dim] in random parts, each at the length at which it is compared with codes. */
export function splitQueries({ codebook }: ListStructure, queries: TrainingQueries, random: Random): SplitQueries {
  const { dim } = codebook;
  const order = shuffledRows(queries.rows.length / dim, random);
  const held = Math.min(heldMax, Math.ceil(order.length * heldShare));
  const half = Math.ceil(held / 2);
  const some = (numbers: Uint32Array): TrainingQueries => {
    const rows = gatherRows(queries.rows, dim, numbers);
    for (let from = 0; from < rows.length; from += dim)
      rows.set(atAnchorLength(rows.subarray(from, from + dim), codebook), from);
    return { rows, selves: queries.selves === null ? null : numbers.map((number) => queries.selves![number]!) };
  };
  return {
    choosing: some(order.subarray(0, half)),
    judging: some(order.subarray(half, held)),
    training: some(order.subarray(held)),
  };
}

/** Queries as they were given: none of them is a document. */
export function askedQueries(rows: Float32Array): TrainingQueries {
  return { rows, selves: null };
}

/** Some of `vectors` float32[n, dim] as queries for the others. */
export function askingDocuments(vectors: Float32Array, dim: number, random: Random): TrainingQueries {
  const selves = shuffledRows(vectors.length / dim, random).slice(0, askingMax);
  return { rows: gatherRows(vectors, dim, selves), selves };
}
