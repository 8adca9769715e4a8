/** The gRPC face of search: a request becomes a question, a result an answer with scores, coverage and timings. */
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { unaryHandler } from '../../cluster/rpc/handlers.js';
import { collectionNamed } from '../../cluster/shard-map/cluster-map.js';
import type {
  Explanation,
  Hit,
  SearchRequest,
  SearchResponse,
  SearchServer,
} from '../../proto/generated/shoal/v1/search.js';
import type { CoordinatorParts } from '../parts.js';
import { wholeTextOf } from '../search/explain.js';
import type { FoundHit } from '../search/fetch.js';
import { questionOf, type Question } from '../search/question.js';
import { search, type SearchResult } from '../search/search.js';
import { checkAnswerSize } from './answer-size.js';
import { answerBatch } from './search-batch.js';

/** The handlers of `shoal.v1.Search`. */
export function searchService(parts: CoordinatorParts): SearchServer {
  // Every question says itself how long it may take.
  const options = { clock: parts.clock, logger: parts.logger, deadlineMsDefault: Infinity };
  return {
    search: unaryHandler((request, { deadline }) => answer(request, parts, deadline), options),
    searchBatch: unaryHandler(async ({ requests }, { deadline }) => {
      const outcomes = await answerBatch(requests, (request) => answerOne(request, parts, deadline));
      return { outcomes };
    }, options),
  };
}

/** As `answer`; a defect is part of a batch's answer, and would else be seen by nobody who can mend it. */
async function answerOne(request: SearchRequest, parts: CoordinatorParts, deadline: Deadline): Promise<SearchResponse> {
  try {
    return await answer(request, parts, deadline);
  } catch (thrown) {
    const error = ShoalError.from(thrown);
    if (error.code === 'INTERNAL') parts.logger.error({ err: error }, 'a question of a batch met a defect');
    throw error;
  }
}

async function answer(
  request: SearchRequest,
  parts: CoordinatorParts,
  callDeadline: Deadline,
): Promise<SearchResponse> {
  const settings = collectionNamed(parts.view.current(), request.collection);
  const question = questionOf(request, settings, parts.clock.wallMs());
  const deadlineMs = request.deadlineMs === 0 ? limits.searchDeadlineMs : request.deadlineMs;
  const deadline = callDeadline.within(deadlineMs);
  try {
    const result = await search(question, parts, deadline);
    if (question.requireFull && !result.coverage.full) {
      const why = result.coverage.reasons.join('; ');
      throw new ShoalError('UNAVAILABLE', `the answer is not full: ${why}; try again, or allow a partial answer`);
    }
    const hits = result.hits.map((hit) => hitOf(hit, question, result));
    checkAnswerSize(hits);
    return {
      hits,
      coverage: result.coverage,
      uid: settings.uid,
      timings: result.times,
      explanation: question.explain ? explanationOf(question, result) : undefined,
    };
  } finally {
    deadline.close();
  }
}

function hitOf(hit: FoundHit, question: Question, result: SearchResult): Hit {
  const { document } = hit;
  return {
    id: document.id,
    docId: hit.docId,
    score: hit.score,
    scores: {
      ...scoreOf('dense', question.dense, hit.dense),
      ...scoreOf('sparse', question.sparse, hit.sparse),
      ...scoreOf('multi', question.multi, hit.multi),
    },
    passage: { start: hit.start, end: hit.end === 0 ? wholeTextOf(document).length : hit.end },
    ...(document.title === undefined ? {} : { title: document.title }),
    text: document.text ?? '',
    attributes: document.attributes,
    matches: [...(result.tokens?.matches.get(hit.docId) ?? [])],
    shard: hit.shard,
  };
}

/** A score that the mode does not have, or the document cannot have, is left out: null, not zero. */
function scoreOf(name: string, isAsked: boolean, score: number): Record<string, number> {
  if (!isAsked || Number.isNaN(score)) return {};
  return { [name]: score };
}

function explanationOf(question: Question, { plan, merged, reranked, tokens }: SearchResult): Explanation {
  return {
    queryTokens: [...(tokens?.queryTokens ?? [])],
    listsProbed: [...plan.lists],
    shardsProbed: plan.shards.map(({ placement }) => placement.shard),
    denseCandidates: merged.denseCount,
    sparseCandidates: merged.sparseCount,
    reranked,
    weights: { ...question.weights },
    matchesMissing: tokens?.missing ?? '',
  };
}
