/** Asks every judged query of a collection and measures what comes back. One query at a time, so that latency is a query's own. */
import { limits } from '../../../base/limits.js';
import { percentile, qualityOf, type Quality } from './metrics.js';
import type { BeirQuestions } from './beir.js';
import type { ShoalClient } from '../../sdk/connect.js';
import type { SearchAnswer, SearchMode } from '../../sdk/types.js';

/** Hits per query: as many as recall looks at. */
const hitsPerQuery = 100;
/** Queries asked before the measured ones, so that caches and compiled code are as in service. */
const warmUpQueries = 5;

export interface Evaluation extends Quality {
  readonly mode: SearchMode;
  readonly queries: number;
  /** Milliseconds of the cluster's own time without encoding. */
  readonly latency: { readonly p50Ms: number; readonly p99Ms: number };
  /** Query id → hits, best first. */
  readonly rankings: ReadonlyMap<string, readonly { readonly id: string; readonly score: number }[]>;
}

/** Evaluates `collection` in `mode`. UNAVAILABLE when an answer would be partial: a partial answer measures nothing. */
export async function evaluate(
  client: ShoalClient,
  task: {
    readonly collection: string;
    readonly mode: SearchMode;
    readonly questions: BeirQuestions;
    readonly onProgress: (done: number) => void;
  },
): Promise<Evaluation> {
  const { queries, judged } = task.questions;
  const ask = (text: string): Promise<SearchAnswer> =>
    client.search(task.collection, text.slice(0, limits.queryCharactersMax), {
      k: hitsPerQuery,
      mode: task.mode,
      requireFull: true,
      deadlineMs: 30_000,
    });
  for (const text of [...queries.values()].slice(0, warmUpQueries)) await ask(text);
  const rankings = new Map<string, { id: string; score: number }[]>();
  const latencies: number[] = [];
  for (const [id, text] of queries) {
    const { hits, timings } = await ask(text);
    latencies.push(timings.totalMs - timings.encodeMs);
    rankings.set(
      id,
      hits.map((hit) => ({ id: hit.id, score: hit.score })),
    );
    task.onProgress(rankings.size);
  }
  const ids = new Map([...rankings].map(([query, hits]) => [query, hits.map((hit) => hit.id)]));
  return {
    ...qualityOf(ids, judged),
    mode: task.mode,
    queries: queries.size,
    latency: {
      p50Ms: latencies.length === 0 ? 0 : percentile(latencies, 0.5),
      p99Ms: latencies.length === 0 ? 0 : percentile(latencies, 0.99),
    },
    rankings,
  };
}

/** A run in TREC's format: query, Q0, document, rank, score, tag. */
export function trecRun(evaluation: Evaluation): string {
  const lines: string[] = [];
  for (const [query, hits] of evaluation.rankings) {
    hits.forEach((hit, index) => {
      lines.push(`${query} Q0 ${hit.id} ${index + 1} ${hit.score} shoal-${evaluation.mode}\n`);
    });
  }
  return lines.join('');
}
