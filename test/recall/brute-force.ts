/**
 * Ranking without an index: every score of every exported document by its formula, in double precision, nothing shared with the
 * searching code but the formats of what is exported.
 *
 * BM25: Robertson and Zaragoza 2009, with k1 = 0.9, b = 0.4 and a constant average length, times the sparse head's weights; MaxSim: Khattab and Zaharia 2020 over
 * decoded rows, those of the query by the root of their terms' idf, 2 without a term, over the mean root; fusion: 1 · dense + 0.1 · sparse / mean of the ten best + 1 · mean MaxSim.
 */
import assert from 'node:assert/strict';
import { maxSimRows, toFloat16, toFloat32 } from '../../kernels/kernels.js';
import type { StoredDocument } from '../../client/sdk/types.js';
import type { TextTokenizer } from '../../encoder-node/tokenizer/tokenizer.js';
import type { TokenCodec } from '../../vector-index/codebook/token-codec.js';
import type { EncodedQuery } from '../encoder-calls.js';

export const modes = ['dense', 'sparse', 'multi', 'hybrid'] as const;
export type Mode = (typeof modes)[number];

/** Candidates of each first stage. */
const candidateCount = 100;
const k1 = 0.9;
const b = 0.4;

interface Bm25Document {
  readonly document: StoredDocument;
  /** Term id → stored weight. */
  readonly weights: ReadonlyMap<number, number>;
}

interface Scored {
  readonly document: StoredDocument;
  readonly score: number;
}

export interface Corpus {
  readonly documents: readonly StoredDocument[];
  readonly bm25: readonly Bm25Document[];
  /** Term id → documents that hold it. */
  readonly frequencies: ReadonlyMap<number, number>;
  readonly tokens: TokenRows;
}

/** The decoded tokens of all documents. */
interface TokenRows {
  readonly dim: number;
  /** float32[rows, dim]: those of one document after those of the one before. */
  readonly rows: Float32Array;
  /** The first row of each document that has some, and how many. */
  readonly places: ReadonlyMap<StoredDocument, { readonly first: number; readonly count: number }>;
}

export interface CorpusParts {
  readonly tokenizer: TextTokenizer;
  readonly codec: TokenCodec;
  /** The collection's constant. */
  readonly averageLength: number;
  /** By document id: term id → what the encoder's sparse head multiplies BM25's weight by. */
  readonly scales: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

/** Counts terms and weighs them. */
export function corpusOf(documents: readonly StoredDocument[], parts: CorpusParts): Corpus {
  const frequencies = new Map<number, number>();
  const bm25 = documents.map((document) => {
    const weights = termWeights(document, parts);
    for (const term of weights.keys()) frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
    return { document, weights };
  });
  return { documents, bm25, frequencies, tokens: tokenRowsOf(documents, parts.codec) };
}

function tokenRowsOf(documents: readonly StoredDocument[], codec: TokenCodec): TokenRows {
  const having = documents.filter(({ tokens }) => tokens !== undefined && tokens.count > 0);
  const rows = new Float32Array(having.reduce((sum, { tokens }) => sum + tokens!.count * codec.dim, 0));
  let next = 0;
  const places = new Map(
    having.map((document) => {
      const own = decodedTokens(document, codec);
      const first = next;
      rows.set(own, first * codec.dim);
      next += document.tokens!.count;
      return [document, { first, count: document.tokens!.count }];
    }),
  );
  return { dim: codec.dim, rows, places };
}

/** Term id → scale · tf / (tf + k1 · (1 − b + b · length / average)), in the half precision in which weights are kept. */
function termWeights(
  { id: document, title, text }: StoredDocument,
  { tokenizer, averageLength, scales }: CorpusParts,
): Map<number, number> {
  const whole = title === undefined || title === '' ? (text ?? '') : `${title} ${text ?? ''}`;
  const ids = tokenizer.idsOf(whole).filter((id) => !tokenizer.specialIds.has(id));
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  const norm = k1 * (1 - b + (b * ids.length) / averageLength);
  const half = (weight: number): number => toFloat32(toFloat16(Float32Array.of(weight)))[0] ?? NaN;
  const scaleOf = (id: number): number => scales.get(document)?.get(id) ?? NaN;
  return new Map([...counts].map(([id, count]) => [id, half((scaleOf(id) * count) / (count + norm))]));
}

/** Ids of the best documents of each mode, best first. */
export async function rankAll(corpus: Corpus, query: EncodedQuery): Promise<Record<Mode, string[]>> {
  const denseScores = new Map(corpus.documents.map((document) => [document, denseScore(document, query.dense)]));
  const sparseScores = sparseScoresOf(corpus, query);
  const dense = best(denseScores, candidateCount);
  const sparse = best(new Map([...sparseScores].filter(([, score]) => score > 0)), candidateCount);
  const candidates = [...new Set([...dense, ...sparse].map(({ document }) => document))];
  const multi = await meanMaxSim(corpus, candidates, weighedQuery(corpus, query));
  const tenBest = sparse.slice(0, 10).map(({ score }) => score);
  const scale = tenBest.length === 0 ? 1 : tenBest.reduce((sum, score) => sum + score, 0) / tenBest.length;
  const hybrid = new Map(
    candidates.map((document) => {
      const parts = [denseScores.get(document), (0.1 * (sparseScores.get(document) ?? 0)) / scale, multi.get(document)];
      return [document, parts.reduce<number>((sum, part) => sum + (part ?? 0), 0)];
    }),
  );
  const multiOfDense = new Map(
    dense.flatMap(({ document }) => {
      const score = multi.get(document);
      return score === undefined ? [] : [[document, score] as const];
    }),
  );
  return {
    dense: idsOf(dense),
    sparse: idsOf(sparse),
    multi: idsOf(best(multiOfDense, candidateCount)),
    hybrid: idsOf(best(hybrid, candidateCount)),
  };
}

/** `query` with its token rows weighed by how rare their terms are in `corpus`. */
export function weighedQuery({ frequencies, documents }: Corpus, query: EncodedQuery): EncodedQuery {
  const { tokens, tokenCount, tokenTerms } = query;
  const roots = Array.from(tokenTerms, (term) =>
    Math.sqrt(term === 0 ? 2 : idfOf(documents.length, frequencies.get(term) ?? 0)),
  );
  const sum = roots.reduce((total, root) => total + root, 0);
  const dim = tokens.length / tokenCount;
  const weights = roots.map((root) => (root * tokenCount) / sum);
  return { ...query, tokens: tokens.map((value, i) => value * weights[Math.floor(i / dim)]!) };
}

function idfOf(documents: number, df: number): number {
  return Math.log(1 + (documents - df + 0.5) / (df + 0.5));
}

/** Sum over the query's tokens of the largest inner product with a decoded token of the document, by plain loops. */
export function maxSimPlain(query: EncodedQuery, rows: Float32Array): number {
  const dim = query.tokens.length / query.tokenCount;
  let sum = 0;
  for (let token = 0; token < query.tokenCount; token++) {
    let most = -Infinity;
    for (let row = 0; row < rows.length / dim; row++) {
      most = Math.max(most, dot(query.tokens, token * dim, rows.subarray(row * dim, (row + 1) * dim)));
    }
    sum += most;
  }
  return sum;
}

/** The token rows of `document`, decoded; empty when it has none. */
export function decodedTokens({ tokens }: StoredDocument, codec: TokenCodec): Float32Array {
  if (tokens === undefined || tokens.count === 0) return new Float32Array(0);
  assert.equal(tokens.codec, codec.version);
  return codec.decode(tokens.rows, tokens.count);
}

function denseScore({ id, vector }: StoredDocument, query: Float32Array): number {
  assert.ok(vector !== undefined, `${id} was exported with its vector`);
  return dot(query, 0, vector);
}

/** The product of `right` with as many values of `left` from `offset` on. */
function dot(left: Float32Array, offset: number, right: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < right.length; i++) sum += left[offset + i]! * right[i]!;
  return sum;
}

function sparseScoresOf(
  { bm25, frequencies, documents }: Corpus,
  { terms }: EncodedQuery,
): Map<StoredDocument, number> {
  const factors = [...terms.termIds].map((term, i) => {
    const df = frequencies.get(term) ?? 0;
    const idf = df === 0 ? 0 : idfOf(documents.length, df);
    return { term, factor: (terms.weights[i] ?? 0) * idf };
  });
  return new Map(
    bm25.map(({ document, weights }) => [
      document,
      factors.reduce((sum, { term, factor }) => sum + factor * (weights.get(term) ?? 0), 0),
    ]),
  );
}

/** Of the documents that have token rows. */
async function meanMaxSim(
  { tokens: { dim, rows, places } }: Corpus,
  candidates: readonly StoredDocument[],
  query: EncodedQuery,
): Promise<Map<StoredDocument, number>> {
  const scored = candidates.filter((document) => places.has(document));
  const offsets = Float64Array.from(scored, (document) => places.get(document)!.first);
  const counts = Uint32Array.from(scored, (document) => places.get(document)!.count);
  const sums = await maxSimRows({ rows: query.tokens, dim }, rows, { offsets, counts });
  return new Map(scored.map((document, i) => [document, (sums[i] ?? NaN) / query.tokenCount]));
}

/** Largest score first, then smallest docId. */
function best(scores: ReadonlyMap<StoredDocument, number>, count: number): Scored[] {
  const compare = (left: Scored, right: Scored): number =>
    right.score - left.score || (left.document.docId < right.document.docId ? -1 : 1);
  return [...scores]
    .map(([document, score]) => ({ document, score }))
    .sort(compare)
    .slice(0, count);
}

function idsOf(scored: readonly Scored[]): string[] {
  return scored.map(({ document }) => document.id);
}
