/** A search request as the coordinator works with it: every field checked, every default filled in. */
import { float32From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import {
  SearchMode,
  SparseRouting,
  type FusionWeights,
  type SearchRequest,
} from '../../proto/generated/shoal/v1/search.js';
import { noModel } from '../encoders.js';

/** Fewest candidates of a first stage: enough for MaxSim to find what the dense vector ranked low. */
export const candidatesMin = 100;

/** M3 fuses 1 : 0.3 : 1 with learned sparse weights; BM25, divided by the mean of its ten best, 1 : 0.1 : 1. */
export const defaultWeights = {
  bm25: { dense: 1, sparse: 0.1, multi: 1 },
  learned: { dense: 1, sparse: 0.3, multi: 1 },
} as const;

export interface Question {
  readonly settings: CollectionSettings;
  readonly text: string;
  /** float32[dim] when the caller gave it. */
  readonly vector: Float32Array | null;
  readonly k: number;
  readonly offset: number;
  /** Which scores the answer is made of. */
  readonly dense: boolean;
  readonly sparse: boolean;
  readonly multi: boolean;
  /** MaxSim alone decides; the dense score only chose the candidates. */
  readonly multiOnly: boolean;
  /** Whether every shard is asked for its best lexical candidates. */
  readonly sparseSearch: boolean;
  readonly candidates: number;
  /** 0 = auto. */
  readonly nprobe: number;
  readonly weights: FusionWeights;
  readonly rrf: boolean;
  readonly scoreThreshold: number | null;
  readonly explain: boolean;
  readonly minSequence: bigint;
  readonly requireFull: boolean;
}

/** The question in `request`. INVALID_ARGUMENT says which field, why, and what to do. */
export function questionOf(request: SearchRequest, settings: CollectionSettings): Question {
  const { k, offset } = windowOf(request);
  const vector = vectorOf(request, settings);
  const representations = representationsOf(request, settings, vector !== null);
  checkText(request, settings, vector !== null);
  checkSequence(request, settings);
  return {
    settings,
    text: request.query,
    vector,
    k,
    offset,
    ...representations,
    candidates: candidatesOf(request, k + offset),
    nprobe: request.nprobe,
    weights: weightsOf(request.weights, settings),
    rrf: request.rrf,
    scoreThreshold: request.scoreThreshold ?? null,
    explain: request.explain,
    minSequence: request.minSequence,
    requireFull: request.requireFull,
  };
}

function windowOf(request: SearchRequest): { k: number; offset: number } {
  const k = request.k === 0 ? 10 : request.k;
  if (k > limits.kMax || k + request.offset > limits.kMax) {
    const what = `k + offset is ${k + request.offset}`;
    throw new ShoalError('INVALID_ARGUMENT', `${what}; it must be 1 to ${limits.kMax}, scroll reads whole collections`);
  }
  return { k, offset: request.offset };
}

function candidatesOf(request: SearchRequest, least: number): number {
  if (request.candidates > limits.kMax) {
    throw new ShoalError('INVALID_ARGUMENT', `candidates is ${request.candidates}; it must be at most ${limits.kMax}`);
  }
  return Math.max(least, request.candidates === 0 ? candidatesMin : request.candidates);
}

function vectorOf(request: SearchRequest, settings: CollectionSettings): Float32Array | null {
  if (request.vector === undefined) return null;
  const vector = float32From(request.vector, 'the query vector');
  if (vector.length !== settings.dim) {
    const sizes = `${vector.length} dimensions, collection '${settings.name}' has ${settings.dim}`;
    throw new ShoalError('INVALID_ARGUMENT', `the query vector has ${sizes}`);
  }
  if (!vector.every(Number.isFinite)) {
    throw new ShoalError('INVALID_ARGUMENT', 'the query vector has a number that is not finite; clean the input');
  }
  return vector;
}

type Representations = Pick<Question, 'dense' | 'sparse' | 'multi' | 'multiOnly' | 'sparseSearch'>;

function representationsOf(request: SearchRequest, settings: CollectionSettings, isVector: boolean): Representations {
  const hasTokens = settings.tokenDim > 0;
  if (isVector) return vectorRepresentations(request);
  switch (request.mode) {
    case SearchMode.SEARCH_MODE_UNSPECIFIED:
    case SearchMode.SEARCH_MODE_HYBRID: {
      const isOff = request.sparse === SparseRouting.SPARSE_ROUTING_OFF;
      const isSearch = request.sparse === SparseRouting.SPARSE_ROUTING_SEARCH;
      const isRescore = request.sparse === SparseRouting.SPARSE_ROUTING_RESCORE || (isLearned(settings) && !isSearch);
      return { dense: true, sparse: !isOff, multi: hasTokens, multiOnly: false, sparseSearch: !isOff && !isRescore };
    }
    case SearchMode.SEARCH_MODE_DENSE:
      return { dense: true, sparse: false, multi: false, multiOnly: false, sparseSearch: false };
    case SearchMode.SEARCH_MODE_SPARSE:
      return { dense: false, sparse: true, multi: false, multiOnly: false, sparseSearch: true };
    case SearchMode.SEARCH_MODE_MULTI:
      if (hasTokens) return { dense: true, sparse: false, multi: true, multiOnly: true, sparseSearch: false };
      throw new ShoalError(
        'INVALID_ARGUMENT',
        `the model of collection '${settings.name}' has no multi-vector head; use another mode`,
      );
    default:
      throw new ShoalError(
        'INVALID_ARGUMENT',
        `mode ${String(request.mode)} is unknown; use hybrid, dense, sparse or multi`,
      );
  }
}

/** A bare vector has no words and no tokens. */
function vectorRepresentations(request: SearchRequest): Representations {
  if (request.mode !== SearchMode.SEARCH_MODE_UNSPECIFIED && request.mode !== SearchMode.SEARCH_MODE_DENSE) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      'a query vector can be searched in mode dense only; give the query as text',
    );
  }
  return { dense: true, sparse: false, multi: false, multiOnly: false, sparseSearch: false };
}

/** Whether term weights come from a trained head rather than from counting words. */
export function isLearned(settings: CollectionSettings): boolean {
  return settings.sparseWeighting === 'learned';
}

function checkText(request: SearchRequest, settings: CollectionSettings, isVector: boolean): void {
  if (isVector) return;
  if (settings.model === noModel) {
    throw new ShoalError('INVALID_ARGUMENT', `collection '${settings.name}' has no encoder model; search it by vector`);
  }
  if (request.query.trim() === '') throw new ShoalError('INVALID_ARGUMENT', 'the query is empty; give some words');
  if (request.query.length > limits.queryCharactersMax) {
    const sizes = `${request.query.length} characters, the limit is ${limits.queryCharactersMax}`;
    throw new ShoalError('INVALID_ARGUMENT', `the query has ${sizes}; shorten it`);
  }
}

function checkSequence(request: SearchRequest, settings: CollectionSettings): void {
  if (request.minSequenceUid === '' || request.minSequenceUid === settings.uid) return;
  const what = `min_sequence belongs to uid ${request.minSequenceUid}, collection '${settings.name}' is now ${settings.uid}`;
  throw new ShoalError('FAILED_PRECONDITION', `${what}; drop min_sequence or write again`);
}

function weightsOf(given: FusionWeights | undefined, settings: CollectionSettings): FusionWeights {
  if (given === undefined) return isLearned(settings) ? defaultWeights.learned : defaultWeights.bm25;
  const values = [given.dense, given.sparse, given.multi];
  if (values.every((value) => Number.isFinite(value) && value >= 0) && values.some((value) => value > 0)) return given;
  throw new ShoalError('INVALID_ARGUMENT', `weights are ${values.join(',')}; give three numbers from 0 on, not all 0`);
}
