/** The labelled collections that heads are judged on, and nDCG@10. */
import { join } from 'node:path';
import { present } from '../../../base/assert.js';
import { collectionLines } from '../collection-lines.js';

/** All six; heads see texts of the first one's documents, and are chosen on its training questions. */
export const collectionNames = ['scifact', 'cranfield', 'med', 'cacm', 'lisa', 'stackfaq'] as const;

/** What the encoded sets of a collection are named after: one of several languages is a folder of a folder. */
export function setName(collection: string): string {
  return collection.replace('/', '-');
}

export interface Collection {
  readonly documentIds: readonly string[];
  readonly titles: readonly string[];
  /** Without the title. */
  readonly bodies: readonly string[];
  readonly queryIds: readonly string[];
  readonly queries: readonly string[];
}

/** Judgements of each judged query: score by document id. */
export type Judgements = ReadonlyMap<string, ReadonlyMap<string, number>>;

export function readCollection(folder: string): Collection {
  const documents = collectionLines(join(folder, 'corpus.jsonl')).map(
    (line) => JSON.parse(line) as { _id: string; title: string; text: string },
  );
  const queries = collectionLines(join(folder, 'queries.jsonl')).map(
    (line) => JSON.parse(line) as { _id: string; text: string },
  );
  return {
    documentIds: documents.map(({ _id }) => _id),
    titles: documents.map(({ title }) => title),
    bodies: documents.map(({ text }) => text),
    queryIds: queries.map(({ _id }) => _id),
    queries: queries.map(({ text }) => text),
  };
}

/** A document as the encoder sees it. */
export function fullText(title: string, body: string): string {
  return title === '' ? body : `${title} ${body}`;
}

export function readJudgements(folder: string, split: string): Judgements {
  const judgements = new Map<string, Map<string, number>>();
  for (const line of collectionLines(join(folder, 'qrels', `${split}.tsv`)).slice(1)) {
    const [query = '', document = '', score = ''] = line.split('\t');
    judgements.set(query, (judgements.get(query) ?? new Map<string, number>()).set(document, Number(score)));
  }
  return judgements;
}

/** nDCG@10 with linear gains, the ideal taken from all judgements. */
export function ndcg(ranking: readonly string[], relevant: ReadonlyMap<string, number>): number {
  const gains = (values: readonly number[]): number =>
    values.slice(0, 10).reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
  const ideal = gains([...relevant.values()].sort((a, b) => b - a));
  return gains(ranking.map((id) => relevant.get(id) ?? 0)) / ideal;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The row with the largest score first; ties go to the smaller. */
export function ranked(scores: ArrayLike<number>, limit: number): number[] {
  const order = Array.from({ length: scores.length }, (_, i) => i);
  order.sort((a, b) => present(scores[b], 'a score') - present(scores[a], 'a score') || a - b);
  return order.slice(0, limit);
}
