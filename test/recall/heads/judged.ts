/** A judged collection with everything that heads are compared on: rows of the backbone, dense scores, BM25 over the same tokens. */
import { join } from 'node:path';
import { assert, present } from '../../../base/assert.js';
import { modelTokenizer } from '../../model-tokenizer.js';
import { countTerms } from '../../../encoder-node/tokenizer/term-counts.js';
import type { Products } from '../../../trainer/heads/products.js';
import { documentWeights, inverseDocumentFrequency } from '../../../vector-index/sparse/bm25.js';
import { mean, ndcg, ranked, readCollection, readJudgements, setName } from './collections.js';
import { readSet, rowDim, type EncodedSet } from './encoded.js';

/** Documents of which a term's entry speaks, and its weight in each. */
export interface TermPostings {
  readonly documents: number[];
  readonly weights: number[];
}

export interface Lexicon {
  /** By token id. */
  readonly postings: ReadonlyMap<number, TermPostings>;
  readonly documents: number;
}

export interface Searched {
  readonly documents: EncodedSet;
  readonly queries: EncodedSet;
  /** Numbers of the queries that are asked. */
  readonly asked: readonly number[];
  /** For each asked query: the dense score of every document. */
  readonly dense: readonly Float32Array[];
  /** For each asked query: BM25 of every document. */
  readonly lexical: readonly Float32Array[];
  readonly lexicon: Lexicon;
}

export interface Judged extends Searched {
  readonly name: string;
  readonly documentIds: readonly string[];
  /** For each asked query: scores by document id. */
  readonly relevant: readonly ReadonlyMap<string, number>[];
}

export interface Places {
  readonly cache: string;
  readonly data: string;
}

export async function readJudged(
  name: string,
  split: string,
  { cache, data }: Places,
  products: Products,
): Promise<Judged> {
  const { documentIds, queryIds } = readCollection(join(data, name));
  const judgements = readJudgements(join(data, name), split);
  const asked = queryIds.flatMap((id, q) => (judgements.has(id) ? [q] : []));
  const documents = await readSet(cache, `${setName(name)}.documents`);
  const queries = await readSet(cache, `${setName(name)}.queries`);
  const relevant = asked.map((q) => present(judgements.get(queryIds[q] ?? ''), 'judgements'));
  return { name, documentIds, relevant, ...(await searchAll(documents, queries, asked, products)) };
}

/** First-stage scores of the queries `asked`. */
export async function searchAll(
  documents: EncodedSet,
  queries: EncodedSet,
  asked: readonly number[],
  products: Products,
): Promise<Searched> {
  const lexicon = lexiconOf(documents);
  return {
    documents,
    queries,
    asked,
    dense: await denseScores(documents, queries, asked, products),
    lexical: asked.map((q) => lexicalScores(lexicon, idsOf(queries, q))),
    lexicon,
  };
}

export function idsOf({ ids, idStarts }: EncodedSet, text: number): Int32Array {
  return ids.subarray(present(idStarts[text], 'a start'), present(idStarts[text + 1], 'an end'));
}

export function countOf({ starts }: EncodedSet, text: number): number {
  return present(starts[text + 1], 'an end') - present(starts[text], 'a start');
}

/** nDCG@10 of rankings of the asked queries, documents by number. */
export function quality({ documentIds, relevant }: Judged, rankings: readonly (readonly number[])[]): number {
  assert(rankings.length === relevant.length, 'there is a ranking for every question');
  return mean(
    rankings.map((ranking, q) =>
      ndcg(
        ranking.map((d) => present(documentIds[d], 'an id')),
        present(relevant[q], 'judgements'),
      ),
    ),
  );
}

/** `documents` by `scores`, best first, ties to the earlier. */
export function reordered(documents: readonly number[], scores: ArrayLike<number>): number[] {
  return ranked(scores, documents.length).map((i) => present(documents[i], 'a document'));
}

async function denseScores(
  documents: EncodedSet,
  queries: EncodedSet,
  asked: readonly number[],
  products: Products,
): Promise<Float32Array[]> {
  const count = documents.starts.length - 1;
  const columns = transpose(documents.dense, rowDim);
  const scores: Float32Array[] = [];
  for (let from = 0; from < asked.length; from += 64) {
    const some = asked.slice(from, from + 64);
    const rows = new Float32Array(some.length * rowDim);
    some.forEach((q, i) => rows.set(queries.dense.subarray(q * rowDim, (q + 1) * rowDim), i * rowDim));
    const all = await products.times(rows, columns, rowDim);
    some.forEach((_, i) => scores.push(all.slice(i * count, (i + 1) * count)));
  }
  return scores;
}

/** The transpose of `rows` float32[n, dim]. */
export function transpose(rows: Float32Array, dim: number): Float32Array {
  const count = rows.length / dim;
  const columns = new Float32Array(rows.length);
  for (let i = 0; i < count; i++) for (let j = 0; j < dim; j++) columns[j * count + i] = rows[i * dim + j]!;
  return columns;
}

function lexiconOf(documents: EncodedSet): Lexicon {
  const { specialIds } = modelTokenizer();
  const count = documents.starts.length - 1;
  const counted = Array.from({ length: count }, (_, d) => countTerms(Array.from(idsOf(documents, d)), specialIds));
  const averageLength = mean(counted.map(({ total }) => total));
  const postings = new Map<number, TermPostings>();
  counted.forEach(({ termIds, counts, total }, d) => {
    const weights = documentWeights(counts, total, averageLength);
    termIds.forEach((term, i) => {
      const own = postings.get(term) ?? { documents: [], weights: [] };
      postings.set(term, own);
      own.documents.push(d);
      own.weights.push(present(weights[i], 'a weight'));
    });
  });
  return { postings, documents: count };
}

export function idfOf({ postings, documents }: Lexicon, term: number): number {
  return inverseDocumentFrequency(documents, postings.get(term)?.documents.length ?? 0);
}

function lexicalScores(lexicon: Lexicon, ids: Int32Array): Float32Array {
  const scores = new Float32Array(lexicon.documents);
  for (const id of ids) {
    const own = lexicon.postings.get(id);
    if (own === undefined) continue;
    const idf = idfOf(lexicon, id);
    own.documents.forEach((d, i) => (scores[d]! += idf * own.weights[i]!));
  }
  return scores;
}

/** The mean of a query's ten best scores by words: the unit of such scores. */
export function wordUnit(scores: Float32Array): number {
  const best = new Float64Array(10);
  let least = 0;
  for (const score of scores) {
    if (score <= best[least]!) continue;
    best[least] = score;
    least = best.indexOf(Math.min(...best));
  }
  return Math.max(mean([...best]), 1e-9);
}
