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
/** Where a query was made of no document. */
const nobody = 0xffffffff;
const noRows = new Uint32Array(0);

export interface AskingOptions {
  readonly count: number;
  readonly random: Random;
  /** Those that judge. */
  readonly held?: Uint32Array | undefined;
}

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
    const rows = atCodedLength(gatherRows(queries.rows, dim, numbers), codebook);
    return { rows, selves: queries.selves === null ? null : numbers.map((number) => queries.selves![number]!) };
  };
  return {
    choosing: some(order.subarray(0, half)),
    judging: some(order.subarray(half, held)),
    training: some(order.subarray(held)),
  };
}

/** `training` of `splitQueries`, and up to `count` of `vectors` float32[n, dim] that ask for the others, but for rows `held`. */
export function withAskingDocuments(
  { codebook }: ListStructure,
  training: TrainingQueries,
  vectors: Float32Array,
  { count, random, held = noRows }: AskingOptions,
): TrainingQueries {
  const { dim } = codebook;
  if (count === 0) return training;
  const kept = new Set(held);
  const asking = shuffledRows(vectors.length / dim, random).filter((row) => !kept.has(row)).subarray(0, count); // prettier-ignore
  const rows = new Float32Array(training.rows.length + asking.length * dim);
  rows.set(training.rows);
  rows.set(atCodedLength(gatherRows(vectors, dim, asking), codebook), training.rows.length);
  const selves = new Uint32Array(rows.length / dim).fill(nobody);
  if (training.selves !== null) selves.set(training.selves);
  selves.set(asking, training.rows.length / dim);
  return { rows, selves };
}

/** `rows` float32[n, dim], changed: each at the length at which queries are compared with codes. */
function atCodedLength(rows: Float32Array, codebook: ListStructure['codebook']): Float32Array {
  const { dim } = codebook;
  for (let from = 0; from < rows.length; from += dim)
    rows.set(atAnchorLength(rows.subarray(from, from + dim), codebook), from);
  return rows;
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

/** `rows` of `vectors` float32[n, dim] as queries for the others, at the length at which queries are compared with codes. */
export function documentsAsking(
  { codebook }: ListStructure,
  vectors: Float32Array,
  rows: Uint32Array,
): TrainingQueries {
  return { rows: atCodedLength(gatherRows(vectors, codebook.dim, rows), codebook), selves: rows };
}
