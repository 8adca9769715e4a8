/** MaxSim of heads over the dense best of judged questions. */
import { weighedRows } from '../../../coordinator/search/token-weights.js';
import { maxSimCodesExact, maxSimRows, prepareMaxSim, toFloat16, toFloat32 } from '../../../kernels/kernels.js';
import { meanBytes } from '../../../kernels/max-sim/means.js';
import { mapDocument, mapQuery, meanProducts, type MultiHead } from '../../../trainer/heads/multi-head.js';
import type { Products } from '../../../trainer/heads/products.js';
import type { TokenCodec } from '../../../vector-index/codebook/token-codec.js';
import { rowDim, type EncodedSet } from './encoded.js';
import { countOf, idfOf, idsOf, type Searched } from './judged.js';

/** Documents as a head maps them. */
interface HeadMeans {
  readonly head: MultiHead;
  readonly products: Products;
  /** uint8[documents, meanBytes(384)]; zeros for a document without tokens. */
  readonly means: Uint8Array;
}

/** Rows of the documents as they are compared: half bits [tokens, dim], and what they lack where a head has mapped them. */
export interface ComparedRows {
  readonly rows: Uint16Array;
  readonly dim: number;
  readonly mapped: HeadMeans | null;
}

/** Rows of `set` as they are. */
export function rawRows({ rows }: EncodedSet): ComparedRows {
  return { rows, dim: rowDim, mapped: null };
}

/** Rows of the documents `wanted` of `set` by `head`; those of others are zeros. */
export async function mappedRows(
  set: EncodedSet,
  wanted: Iterable<number>,
  head: MultiHead,
  products: Products,
): Promise<ComparedRows> {
  const { dim } = head;
  const rows = new Uint16Array((set.rows.length / rowDim) * dim);
  const size = meanBytes(rowDim);
  const means = new Uint8Array((set.starts.length - 1) * size);
  for (const d of new Set(wanted)) {
    if (countOf(set, d) === 0) continue;
    const document = await mapDocument(rowsOf(set, d), head, products);
    means.set(document.mean, d * size);
    const from = set.starts[d]! * dim;
    toFloat16(document.rows, rows.subarray(from, from + document.rows.length));
  }
  return { rows, dim, mapped: { head, products, means } };
}

/** Rows of text number `text`, float32[tokens, 384]. */
export function rowsOf({ rows, starts }: EncodedSet, text: number): Float32Array {
  return toFloat32(rows.slice(starts[text]! * rowDim, starts[text + 1]! * rowDim));
}

/** What gives the rows that ask: float32[tokens, 384], weighted or not. */
export type AskingRows = (rows: Float32Array, q: number) => Float32Array;

export const asTheyAre: AskingRows = (rows) => rows;

/** Rows weighed as the coordinator weighs them; the end token has no term. */
export function byIdf({ queries, lexicon }: Searched): AskingRows {
  return (rows, q) => {
    const count = rows.length / rowDim;
    const ids = idsOf(queries, q).subarray(0, count - 1);
    const idf = new Map(Array.from(ids, (id) => [id, idfOf(lexicon, id)] as const));
    return weighedRows({ rows, count, terms: Uint32Array.of(...ids, 0) }, idf);
  };
}

/** Means over query tokens, for each asked query the scores of its `tops`; −1 for a document without tokens. */
export async function multiScores(
  searched: Searched,
  tops: readonly (readonly number[])[],
  compared: ComparedRows,
  asking: AskingRows,
): Promise<Float32Array[]> {
  const { documents } = searched;
  return scoresOf(searched, tops, { compared, asking }, (query, top) => {
    const places = {
      offsets: Float64Array.from(top, (d) => documents.starts[d]!),
      counts: Uint32Array.from(top, (d) => countOf(documents, d)),
    };
    return maxSimRows({ rows: query, dim: compared.dim }, compared.rows, places);
  });
}

/** The same over codes of the rows by `codec`, each document coded by itself; with the bytes of a token, means of documents included. */
export async function codedScores(
  searched: Searched,
  tops: readonly (readonly number[])[],
  compared: ComparedRows & { readonly codec: TokenCodec },
  asking: AskingRows,
): Promise<{ readonly scores: Float32Array[]; readonly bytes: number }> {
  const { documents } = searched;
  const { codec, rows, dim, mapped } = compared;
  const meanSize = mapped === null ? 0 : meanBytes(rowDim);
  let [at, means, tokens] = [0, 0, 0];
  const offsets = new Map<number, bigint>();
  const records: Uint8Array[] = [];
  for (const d of new Set(tops.flat())) {
    const record = codec.encode(toFloat32(rows.slice(documents.starts[d]! * dim, documents.starts[d + 1]! * dim)));
    offsets.set(d, BigInt(at));
    records.push(record);
    at += record.length;
    means += meanSize;
    tokens += countOf(documents, d);
  }
  const bytes = Buffer.concat(records);
  const scores = await scoresOf(searched, tops, { compared, asking }, (query, top) =>
    maxSimCodesExact(prepareMaxSim(codec, query), bytes, {
      offsets: BigUint64Array.from(top, (d) => offsets.get(d)!),
      counts: Uint32Array.from(top, (d) => countOf(documents, d)),
    }),
  );
  return { scores, bytes: (at + means) / tokens };
}

interface Asked {
  readonly compared: ComparedRows;
  readonly asking: AskingRows;
}

/** For each asked query: what `sums` gives for its rows as compared, and the products with means where rows lack them. */
async function scoresOf(
  { queries, asked }: Searched,
  tops: readonly (readonly number[])[],
  { compared: { mapped }, asking }: Asked,
  sums: (query: Float32Array, top: readonly number[]) => Promise<Float32Array>,
): Promise<Float32Array[]> {
  const scores: Float32Array[] = [];
  const size = meanBytes(rowDim);
  for (const [i, q] of asked.entries()) {
    const rows = asking(rowsOf(queries, q), q);
    const top = tops[i] ?? [];
    const query = mapped === null ? rows : await mapQuery(rows, mapped.head, mapped.products);
    const own = await sums(query, top);
    const means = new Uint8Array(mapped === null ? 0 : top.length * size);
    if (mapped !== null) top.forEach((d, at) => means.set(mapped.means.subarray(d * size, (d + 1) * size), at * size));
    const products = meanProducts(rows, rowDim, means);
    scores.push(own.map((sum, at) => (Number.isNaN(sum) ? -1 : ((sum + (products[at] ?? 0)) * rowDim) / rows.length)));
  }
  return scores;
}
