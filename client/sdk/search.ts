/** Search: one question or many, ranked hits, with coverage and timings. */
import { bufferOf } from '../../base/bytes.js';
import { codeOfStatus, ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import {
  SearchMode as WireMode,
  SearchRequest,
  SparseRouting as WireRouting,
  type Hit as WireHit,
  type SearchClient,
  type SearchOutcome as WireOutcome,
  type SearchResponse,
} from '../../proto/generated/shoal/v1/search.js';
import { knownAttributesFromWire } from '../../proto/attributes.js';
import { unary, type Target } from './call.js';
import { filterToWire } from './wire.js';
import type { Hit, SearchAnswer, SearchMode, SearchOptions, SearchOutcome, SparseRouting } from './types.js';

/** The question: words, a vector of the collection's dimensions, or a document whose vector it is (which is no hit itself). */
export type Question = string | Float32Array | { readonly like: string };

/** Searches of one batch. */
export const searchesPerBatch = 1_000;

/** Time that the answer may take on its way, beyond the deadline within which the cluster answers. */
const transportMs = 1_000;

const wireModes: Readonly<Record<SearchMode, WireMode>> = {
  hybrid: WireMode.SEARCH_MODE_HYBRID,
  dense: WireMode.SEARCH_MODE_DENSE,
  sparse: WireMode.SEARCH_MODE_SPARSE,
  multi: WireMode.SEARCH_MODE_MULTI,
};

const wireRoutings: Readonly<Record<SparseRouting, WireRouting>> = {
  search: WireRouting.SPARSE_ROUTING_SEARCH,
  rescore: WireRouting.SPARSE_ROUTING_RESCORE,
  off: WireRouting.SPARSE_ROUTING_OFF,
};

/**
 * Asks `collection`. The cluster answers within the deadline with what it has; coverage says what is missing.
 * INVALID_ARGUMENT for options out of range, NOT_FOUND for an unknown collection, UNAVAILABLE for a partial answer with `requireFull`.
 */
export async function search(
  target: Target,
  client: SearchClient,
  question: { readonly collection: string; readonly query: Question },
  options: SearchOptions = {},
): Promise<SearchAnswer> {
  const request = requestToWire(question, options);
  const deadlineMs = (options.deadlineMs ?? limits.searchDeadlineMs) + transportMs;
  const wire = await unary(target, client.search.bind(client), request, deadlineMs);
  return answerFromWire(wire);
}

/**
 * Asks `collection` several questions (1 to 1,000) in one call; outcomes are in their order, and an error of one is its own.
 * INVALID_ARGUMENT for too many.
 */
export async function searchBatch(
  target: Target,
  client: SearchClient,
  batch: { readonly collection: string; readonly queries: readonly Question[] },
  options: SearchOptions = {},
): Promise<readonly SearchOutcome[]> {
  const { collection, queries } = batch;
  if (queries.length > searchesPerBatch) {
    const what = `a batch has ${queries.length} searches, more than ${searchesPerBatch}`;
    throw new ShoalError('INVALID_ARGUMENT', `${what}; send several batches`);
  }
  const requests = queries.map((query) => requestToWire({ collection, query }, options));
  const deadlineMs = (options.deadlineMs ?? limits.searchDeadlineMs) * Math.max(1, queries.length) + transportMs;
  const wire = await unary(target, client.searchBatch.bind(client), { requests }, deadlineMs);
  if (wire.outcomes.length === queries.length) return wire.outcomes.map(outcomeFromWire);
  const what = `the cluster answered ${wire.outcomes.length} of ${queries.length} searches`;
  throw new ShoalError('UNKNOWN', `${what}; are versions equal?`);
}

function requestToWire(
  question: { readonly collection: string; readonly query: Question },
  options: SearchOptions,
): SearchRequest {
  const { query } = question;
  const { mode, sparse, minSequence, filter, ...rest } = options;
  return SearchRequest.fromPartial({
    ...rest,
    collection: question.collection,
    ...askedBy(query),
    ...(filter === undefined ? {} : { filter: filterToWire(filter) }),
    ...(mode === undefined ? {} : { mode: wireModes[mode] }),
    ...(sparse === undefined ? {} : { sparse: wireRoutings[sparse] }),
    ...(minSequence === undefined ? {} : { minSequence: minSequence.sequence, minSequenceUid: minSequence.uid }),
  });
}

function askedBy(query: Question): Partial<SearchRequest> {
  if (typeof query === 'string') return { query };
  return query instanceof Float32Array ? { vector: bufferOf(query) } : { like: query.like };
}

function outcomeFromWire({ status, message, response }: WireOutcome): SearchOutcome {
  if (status !== 0) return { answer: null, error: { code: codeOfStatus(status), message } };
  if (response !== undefined) return { answer: answerFromWire(response), error: null };
  throw new ShoalError('UNKNOWN', 'the cluster answered a search without a response; are versions equal?');
}

function answerFromWire(wire: SearchResponse): SearchAnswer {
  if (wire.coverage === undefined || wire.timings === undefined) {
    throw new ShoalError('UNKNOWN', 'the cluster answered a search without coverage or timings; are versions equal?');
  }
  const explanation = wire.explanation;
  return {
    hits: wire.hits.map(hitFromWire),
    coverage: wire.coverage,
    uid: wire.uid,
    timings: wire.timings,
    explanation: explanation === undefined ? null : { ...explanation, weights: explanation.weights ?? null },
  };
}

function hitFromWire(wire: WireHit): Hit {
  return {
    id: wire.id,
    docId: wire.docId,
    score: wire.score,
    scores: {
      dense: wire.scores?.dense ?? null,
      sparse: wire.scores?.sparse ?? null,
      multi: wire.scores?.multi ?? null,
    },
    passage: { start: wire.passage?.start ?? 0, end: wire.passage?.end ?? 0 },
    title: wire.title ?? null,
    text: wire.text,
    attributes: knownAttributesFromWire(wire.attributes),
    shard: wire.shard,
    matches: wire.matches,
  };
}
