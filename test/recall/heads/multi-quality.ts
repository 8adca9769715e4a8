/** MaxSim of heads over the dense best of judged questions. */
import { maxSimCodesExact, maxSimRows, prepareMaxSim, toFloat16, toFloat32 } from '../../../kernels/kernels.js';
import { mapRows, queryRows, type MultiHead, type RowMap } from '../../../trainer/heads/multi-head.js';
import type { Products } from '../../../trainer/heads/products.js';
import type { TokenCodec } from '../../../vector-index/codebook/token-codec.js';
import { rowDim, type EncodedSet } from './encoded.js';
import { countOf, idfOf, idsOf, type Searched } from './judged.js';

const chunkRows = 16_384;

/** Rows of the documents as they are compared: half bits [tokens, dim]. */
export interface ComparedRows {
  readonly rows: Uint16Array;
  readonly dim: number;
}

/** All rows of `set` by `map`. */
export async function mappedSet(set: EncodedSet, map: RowMap, products: Products): Promise<ComparedRows> {
  const dim = map.offset.length;
  const count = set.rows.length / rowDim;
  const rows = new Uint16Array(count * dim);
  for (let from = 0; from < count; from += chunkRows) {
    const some = toFloat32(set.rows.subarray(from * rowDim, (from + chunkRows) * rowDim));
    const { units } = await mapRows(some, map, products);
    toFloat16(units, rows.subarray(from * dim, from * dim + units.length));
  }
  return { rows, dim };
}

/** Rows of query number `q`, float32[tokens, 384]. */
export function rowsOfQuery({ rows, starts }: EncodedSet, q: number): Float32Array {
  return toFloat32(rows.slice(starts[q]! * rowDim, starts[q + 1]! * rowDim));
}

/** What gives the rows that ask: float32[tokens, dim], weighted or not. */
export type AskingRows = (rows: Float32Array, q: number) => Promise<Float32Array>;

export const asTheyAre: AskingRows = (rows) => Promise.resolve(rows);

export function byHead(head: MultiHead, products: Products): AskingRows {
  return (rows) => queryRows(rows, head, products);
}

/** Rows weighted by idf^power of their tokens, the end token as a word that every e^2nd document has; lengths have the mean 1. */
export function byIdf({ queries, lexicon }: Searched, power: number): AskingRows {
  return (rows, q) => {
    const ids = idsOf(queries, q);
    const count = rows.length / rowDim;
    const weights = Float64Array.from(
      { length: count },
      (_, i) => (i < count - 1 ? idfOf(lexicon, ids[i]!) : 2) ** power,
    );
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / count;
    return Promise.resolve(rows.map((value, i) => (value * weights[Math.floor(i / rowDim)]!) / mean));
  };
}

/** Means over query tokens, for each asked query the scores of its `tops`; −1 for a document without tokens. */
export async function multiScores(
  searched: Searched,
  tops: readonly (readonly number[])[],
  { rows, dim }: ComparedRows,
  asking: AskingRows,
): Promise<Float32Array[]> {
  const { documents, queries, asked } = searched;
  const scores: Float32Array[] = [];
  for (const [i, q] of asked.entries()) {
    const query = await asking(rowsOfQuery(queries, q), q);
    const top = tops[i] ?? [];
    const places = {
      offsets: Float64Array.from(top, (d) => documents.starts[d]!),
      counts: Uint32Array.from(top, (d) => countOf(documents, d)),
    };
    const own = await maxSimRows({ rows: query, dim }, rows, places);
    scores.push(own.map((sum) => (Number.isNaN(sum) ? -1 : (sum * dim) / query.length)));
  }
  return scores;
}

/** The same over codes of `rows` by `codec`, each document coded by itself; with the bytes of a token. */
export async function codedScores(
  searched: Searched,
  tops: readonly (readonly number[])[],
  compared: ComparedRows & { readonly codec: TokenCodec },
  asking: AskingRows,
): Promise<{ readonly scores: Float32Array[]; readonly bytes: number }> {
  const { documents, queries, asked } = searched;
  const { codec, rows, dim } = compared;
  const needed = new Set(tops.flat());
  let at = 0;
  let tokens = 0;
  const offsets = new Map<number, bigint>();
  const records: Uint8Array[] = [];
  for (const d of needed) {
    const record = codec.encode(toFloat32(rows.slice(documents.starts[d]! * dim, documents.starts[d + 1]! * dim)));
    offsets.set(d, BigInt(at));
    records.push(record);
    at += record.length;
    tokens += countOf(documents, d);
  }
  const bytes = Buffer.concat(records);
  const scores: Float32Array[] = [];
  for (const [i, q] of asked.entries()) {
    const query = await asking(rowsOfQuery(queries, q), q);
    const top = tops[i] ?? [];
    const own = await maxSimCodesExact(prepareMaxSim(codec, query), bytes, {
      offsets: BigUint64Array.from(top, (d) => offsets.get(d)!),
      counts: Uint32Array.from(top, (d) => countOf(documents, d)),
    });
    scores.push(own.map((sum) => (Number.isNaN(sum) ? -1 : (sum * dim) / query.length)));
  }
  return { scores, bytes: at / tokens };
}
