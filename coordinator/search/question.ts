/** A search request as the coordinator works with it: every field checked, every default filled in. */
import { counted } from '../../base/counted.js';
import { float32From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { Filter } from '../../proto/generated/shoal/v1/filter.js';
import type { FusionWeights, SearchRequest } from '../../proto/generated/shoal/v1/search.js';
import { visibleFilter } from '../documents/visible.js';
import { noModel } from '../encoders.js';
import { isLearned, representationsOf, vectorRepresentations, type Representations } from './representations.js';
import { checkSequenceUid } from './required.js';

/** Fewest candidates of a first stage: enough for MaxSim to find what the dense vector ranked low. */
export const candidatesMin = 100;

/** M3 fuses 1 : 0.3 : 1 with learned sparse weights; BM25, divided by the mean of its ten best, 1 : 0.1 : 1. */
export const defaultWeights = {
  bm25: { dense: 1, sparse: 0.1, multi: 1 },
  learned: { dense: 1, sparse: 0.3, multi: 1 },
} as const;

export interface Question extends Representations {
  readonly settings: CollectionSettings;
  readonly text: string;
  /** float32[dim] when the caller gave it. */
  readonly vector: Float32Array | null;
  /** Id of the document whose vector is searched for, and which is no hit itself. */
  readonly like: string | null;
  readonly k: number;
  readonly offset: number;
  readonly candidates: number;
  /** 0 = auto. */
  readonly nprobe: number;
  /** Every list is probed, and every candidate scored without approximation. */
  readonly exact: boolean;
  /** Which documents may be hits; null = all. */
  readonly filter: Filter | null;
  /** Whether the caller's own filter narrows the documents; that of expiry, which lets nearly all through, does not count. */
  readonly isNarrowed: boolean;
  readonly weights: FusionWeights;
  readonly rrf: boolean;
  readonly scoreThreshold: number | null;
  readonly explain: boolean;
  /** Everything up to this log position is seen; 0 = whatever is there. */
  readonly minSequence: bigint;
  readonly requireFull: boolean;
}

/** The question in `request`, asked at `nowMs` (wall time). INVALID_ARGUMENT says which field, why, and what to do. */
export function questionOf(request: SearchRequest, settings: CollectionSettings, nowMs: number): Question {
  const { k, offset } = windowOf(request);
  const isByVector = request.vector !== undefined || request.like !== '';
  const representations = isByVector ? vectorRepresentations(request) : representationsOf(request, settings);
  checkSubject(request, settings);
  checkSequenceUid({ uid: request.minSequenceUid, sequence: request.minSequence }, settings);
  return {
    settings,
    text: request.query,
    vector: vectorOf(request, settings),
    like: request.like === '' ? null : request.like,
    k,
    offset,
    ...representations,
    candidates: candidatesOf(request, k + offset),
    nprobe: request.exact ? 0 : request.nprobe,
    exact: request.exact,
    filter: visibleFilter(request.filter, settings, nowMs),
    isNarrowed: request.filter !== '',
    weights: weightsOf(request.weights, settings),
    rrf: request.rrf,
    scoreThreshold: thresholdOf(request),
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
  const wanted = Math.max(least, request.candidates === 0 ? candidatesMin : request.candidates);
  // The document asked about is found too, and is no hit.
  return request.like === '' ? wanted : Math.min(limits.kMax, wanted + 1);
}

function vectorOf(request: SearchRequest, settings: CollectionSettings): Float32Array | null {
  if (request.vector === undefined) return null;
  const vector = float32From(request.vector, 'the query vector');
  if (vector.length !== settings.dim) {
    const sizes = `${counted(vector.length, 'dimension')}, collection '${settings.name}' has ${settings.dim}`;
    throw new ShoalError('INVALID_ARGUMENT', `the query vector has ${sizes}`);
  }
  checkValues(vector);
  return vector;
}

/** INVALID_ARGUMENT for a number with which scores could become infinite, and their order arbitrary. */
function checkValues(vector: Float32Array): void {
  const broken = vector.findIndex((value) => !(Math.abs(value) <= limits.vectorValueMax));
  if (broken < 0) return;
  const value = vector[broken]!;
  if (!Number.isFinite(value)) {
    throw new ShoalError('INVALID_ARGUMENT', 'the query vector has a number that is not finite; clean the input');
  }
  const what = `the query vector has the value ${value} at ${broken}, beyond ±${limits.vectorValueMax}`;
  throw new ShoalError(
    'INVALID_ARGUMENT',
    `${what}, with which scores may overflow; scale it, the order of hits stays`,
  );
}

/** What is asked about: text, a vector, or another document. */
function checkSubject(request: SearchRequest, settings: CollectionSettings): void {
  if (request.like !== '') {
    if (request.query === '' && request.vector === undefined) return;
    throw new ShoalError('INVALID_ARGUMENT', 'like stands beside a query or a vector; give one of them');
  }
  if (request.vector !== undefined) return;
  if (settings.model === noModel) {
    throw new ShoalError('INVALID_ARGUMENT', `collection '${settings.name}' has no encoder model; search it by vector`);
  }
  if (request.query.trim() === '') throw new ShoalError('INVALID_ARGUMENT', 'the query is empty; give some words');
  if (request.query.length > limits.queryCharactersMax) {
    const sizes = `${request.query.length} characters, the limit is ${limits.queryCharactersMax}`;
    throw new ShoalError('INVALID_ARGUMENT', `the query has ${sizes}; shorten it`);
  }
}

function thresholdOf({ scoreThreshold }: SearchRequest): number | null {
  if (scoreThreshold === undefined) return null;
  if (!Number.isNaN(scoreThreshold)) return scoreThreshold;
  throw new ShoalError('INVALID_ARGUMENT', 'score_threshold is not a number; give the least score of a hit');
}

function weightsOf(given: FusionWeights | undefined, settings: CollectionSettings): FusionWeights {
  if (given === undefined) return isLearned(settings) ? defaultWeights.learned : defaultWeights.bm25;
  const values = [given.dense, given.sparse, given.multi];
  if (values.every((value) => Number.isFinite(value) && value >= 0) && values.some((value) => value > 0)) return given;
  throw new ShoalError('INVALID_ARGUMENT', `weights are ${values.join(',')}; give three numbers from 0 on, not all 0`);
}
