/** The way of a query: encode, route, scatter, merge, rerank, fuse, fetch. Each verb is a file beside this one. */
import type { Deadline } from '../../base/deadline.js';
import { encode } from './encode.js';
import { explainTokens, type TokenExplanation } from './explain.js';
import { fetch, type FoundHit } from './fetch.js';
import { fuse } from './fuse.js';
import { merge, type Merged } from './merge.js';
import type { SearchParts } from './parts.js';
import type { Question } from './question.js';
import { rerank } from './rerank.js';
import { route, type Plan } from './route.js';
import { scatter } from './scatter.js';
import { StageDeadlines } from './stage-deadlines.js';
import { Stopwatch, type StepTimes } from './stopwatch.js';
import { wireQuestion } from './wire-question.js';

export interface SearchResult {
  readonly hits: readonly FoundHit[];
  readonly plan: Plan;
  readonly merged: Merged;
  /** Candidates that have every score that the question asks for. */
  readonly reranked: number;
  /** Shard → why it is a hole in the answer. */
  readonly missing: ReadonlyMap<number, string>;
  /** A replica answered that had more of its log to apply. */
  readonly behind: boolean;
  readonly times: StepTimes;
  readonly tokens: TokenExplanation | null;
}

/** The answer to `question`. A shard that fails is a hole in it, never an exception; errors are the question's or the encoder's. */
export async function search(question: Question, parts: SearchParts, deadline: Deadline): Promise<SearchResult> {
  const watch = new Stopwatch(parts.clock);
  const stages = new StageDeadlines(deadline);
  try {
    const encoded = await encode(question, parts.encoders, deadline);
    watch.lap('encodeMs');
    const plan = route(question, parts.view.current());
    const wire = await wireQuestion(encoded, question, plan, { ...parts, deadline });
    watch.lap('routeMs');
    const scans = await scatter(plan, question, wire, { ...parts, deadline: stages.take(0.7) });
    watch.lap('scatterMs');
    const merged = merge(scans.answers, question.candidates);
    watch.lap('mergeMs');
    const scored = await rerank(merged, question, wire, { ...parts, plan, deadline: stages.take(0.8) });
    const ranked = fuse(scored.candidates, question, merged.bestSparse);
    watch.lap('rerankMs');
    const found = await fetch(ranked, question, { ...parts, plan, deadline });
    watch.lap('fetchMs');
    const tokens = question.explain
      ? await explainTokens(found.hits, question, wire, { ...parts, plan, deadline })
      : null;
    return {
      hits: found.hits,
      plan,
      merged,
      reranked: scored.candidates.length,
      missing: new Map([...scans.missing, ...scored.missing, ...found.missing]),
      behind: scans.answers.some(({ behind }) => behind),
      times: watch.times(),
      tokens,
    };
  } finally {
    stages.close();
  }
}
