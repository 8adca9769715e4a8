/** The way of a query: encode, route, scatter, merge, rerank, fuse, fetch. Each verb is a file beside this one. */
import type { Deadline } from '../../base/deadline.js';
import type { Coverage } from '../../proto/generated/shoal/v1/search.js';
import { coverageOf } from './coverage.js';
import { encode } from './encode.js';
import { explainTokens, type TokenExplanation } from './explain.js';
import { fetch, type FoundHit } from './fetch.js';
import { fuse } from './fuse.js';
import { byExample } from './like.js';
import { merge, type Merged } from './merge.js';
import type { SearchParts } from './parts.js';
import { routeUnder } from './probes.js';
import type { Question } from './question.js';
import { requiredOrUnknown } from './required.js';
import { rerank } from './rerank.js';
import type { Plan } from './route.js';
import { scatter } from './scatter.js';
import { StageDeadlines } from './stage-deadlines.js';
import { Stopwatch, type StepTimes } from './stopwatch.js';
import { wireQuestion } from './wire-question.js';

/** So often a question is asked while documents are replaced under it. */
const attemptsMax = 3;

export interface SearchResult {
  readonly hits: readonly FoundHit[];
  readonly plan: Plan;
  readonly merged: Merged;
  /** Documents that have every score that the question asks for. */
  readonly reranked: number;
  readonly coverage: Coverage;
  /** Candidates that were replaced or deleted before they could be fetched. */
  readonly gone: number;
  readonly times: StepTimes;
  readonly tokens: TokenExplanation | null;
}

/**
 * The answer to `asked`. A shard that fails is a hole in it, never an exception; errors are the question's or the encoder's. Where a
 * document was replaced between being found and being fetched, its new version is searched for again, as long as there is time.
 */
export async function search(asked: Question, parts: SearchParts, deadline: Deadline): Promise<SearchResult> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await searchOnce(asked, parts, deadline);
    const hasTime = deadline.remainingMs() > 2 * result.times.totalMs;
    if (result.gone === 0 || attempt === attemptsMax || !hasTime) return result;
  }
}

async function searchOnce(asked: Question, parts: SearchParts, deadline: Deadline): Promise<SearchResult> {
  const watch = new Stopwatch(parts.clock);
  const stages = new StageDeadlines(deadline);
  try {
    const question = await byExample(asked, parts, deadline);
    const { settings, minSequence } = question;
    const [encoded, required] = await Promise.all([
      encode(question, parts.encoders, deadline),
      requiredOrUnknown(settings.uid, minSequence, parts, stages.take(0.5)),
    ]);
    watch.lap('encodeMs');
    const plan = await routeUnder(required.map, question, encoded, parts.structures);
    const wire = await wireQuestion(encoded, question, plan, { ...parts, deadline });
    watch.lap('routeMs');
    const scans = await scatter(plan, question, wire, { ...parts, required, deadline: stages.take(0.7) });
    watch.lap('scatterMs');
    const merged = merge(scans.answers, question.candidates);
    watch.lap('mergeMs');
    const known = { ...parts, scans, required };
    const scored = await rerank(merged, question, wire, { ...known, deadline: stages.take(0.8) });
    const ranked = fuse(scored.candidates, question, merged.bestSparse);
    watch.lap('rerankMs');
    const { hits, missing, gone } = await fetch(ranked, question, { ...known, deadline });
    watch.lap('fetchMs');
    const tokens = question.explain ? await explainTokens(hits, question, wire, { ...known, deadline }) : null;
    const coverage = coverageOf(scans, new Map([...scored.missing, ...missing]));
    return {
      ...{ hits, plan: scans.plan, merged, reranked: scored.candidates.length, coverage, tokens, gone },
      times: watch.times(),
    };
  } finally {
    stages.close();
  }
}
