/** The gRPC face of search: a request becomes a question, a result an answer with scores, coverage and timings. */
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { unaryHandler } from '../../cluster/rpc/handlers.js';
import { collectionNamed } from '../../cluster/shard-map/cluster-map.js';
import type {
  Coverage,
  Explanation,
  Hit,
  SearchRequest,
  SearchResponse,
  SearchServer,
} from '../../proto/generated/shoal/v1/search.js';
import type { CoordinatorParts } from '../parts.js';
import type { FoundHit } from '../search/fetch.js';
import { questionOf, type Question } from '../search/question.js';
import { search, type SearchResult } from '../search/search.js';
import { checkAnswerSize } from './answer-size.js';

/** The handlers of `shoal.v1.Search`. */
export function searchService(parts: CoordinatorParts): SearchServer {
  const options = { clock: parts.clock, logger: parts.logger, deadlineMsDefault: limits.searchDeadlineMs };
  return { search: unaryHandler((request, { deadline }) => answer(request, parts, deadline), options) };
}

async function answer(
  request: SearchRequest,
  parts: CoordinatorParts,
  callDeadline: Deadline,
): Promise<SearchResponse> {
  const settings = collectionNamed(parts.view.current(), request.collection);
  const question = questionOf(request, settings);
  const deadlineMs = request.deadlineMs === 0 ? limits.searchDeadlineMs : request.deadlineMs;
  const deadline = callDeadline.within(deadlineMs);
  try {
    const result = await search(question, parts, deadline);
    if (question.requireFull && result.missing.size > 0) {
      const why = [...result.missing.values()].join('; ');
      throw new ShoalError('UNAVAILABLE', `the answer is not full: ${why}; try again, or allow a partial answer`);
    }
    const hits = result.hits.map((hit) => hitOf(hit, question, result));
    checkAnswerSize(hits);
    return {
      hits,
      coverage: coverageOf(question, result),
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
    passage: { start: 0, end: document.text?.length ?? 0 },
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

function coverageOf(question: Question, { plan, missing, behind }: SearchResult): Coverage {
  const lost = plan.shards.filter(({ placement }) => missing.has(placement.shard));
  const listsMissing = question.dense ? lost.flatMap(({ lists }) => [...lists]) : [];
  return {
    full: lost.length === 0,
    listsProbed: plan.lists.length - listsMissing.length,
    listsTotal: plan.listsTotal,
    shardsContacted: plan.shards.filter(({ dense }) => dense).length,
    sparseShardsContacted: plan.shards.filter(({ sparse }) => sparse).length,
    shardsTotal: plan.shardsTotal,
    listsMissing: listsMissing.sort((a, b) => a - b),
    shardsMissing: lost.map(({ placement }) => placement.shard),
    behind,
    reasons: [...missing.values()],
  };
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
  };
}
