/** Shared by the shard node's answers: one shard's trouble is part of the answer, never an exception. */
import { counted } from '../../base/counted.js';
import { bufferOf, float32From, uint32From, uint64From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import type { Filter } from '../../proto/generated/shoal/v1/filter.js';
import type { SparseVector } from '../../proto/generated/shoal/v1/document.js';
import type { Candidates, ShardRef } from '../../proto/generated/shoal/v1/shard.js';
import type { CandidateColumns, RowKeys } from '../../vector-index/document.js';
import type { Selection } from '../../vector-index/filter/row-filter.js';
import { rowFilterOf } from './filter.js';

/** Nothing: an empty `bytes` column. */
export const noBytes = Buffer.alloc(0);

/** The outcome fields of a shard in an answer. */
export interface ShardOutcome {
  readonly shard: number;
  readonly status: number;
  readonly message: string;
}

/** `work` for one shard: its answer, or the answer that `failed` makes of the error's status and message. */
export async function perShard<T>(
  ref: ShardRef | undefined,
  work: () => Promise<T> | T,
  failed: (outcome: ShardOutcome) => T,
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = ShoalError.from(thrown);
    if (error.code === 'INTERNAL') throw error;
    return failed({ shard: ref?.shard ?? 0, status: error.status, message: error.message });
  }
}

/** A float32 vector of `dim` numbers from the wire, null when absent. INVALID_ARGUMENT for a wrong size or a number that is not finite. */
export function vectorFrom(bytes: Uint8Array, dim: number, what: string): Float32Array | null {
  if (bytes.length === 0) return null;
  const vector = float32From(bytes, what);
  if (vector.length !== dim) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `${what} has ${counted(vector.length, 'dimension')}, the collection has ${dim}`,
    );
  }
  if (!vector.every(Number.isFinite))
    throw new ShoalError('INVALID_ARGUMENT', `${what} has a number that is not finite`);
  return vector;
}

/** Terms with their idf-weighted factors, null when absent. INVALID_ARGUMENT when the columns differ in length. */
export function termsFrom(sparse: SparseVector | undefined): { termIds: Uint32Array; factors: Float32Array } | null {
  if (sparse === undefined || sparse.termIds.length === 0) return null;
  const termIds = uint32From(sparse.termIds, 'term ids');
  const factors = float32From(sparse.weights, 'term weights');
  if (termIds.length !== factors.length) {
    throw new ShoalError('INVALID_ARGUMENT', `${termIds.length} terms have ${factors.length} weights; give one each`);
  }
  return { termIds, factors };
}

/** What a request looks at: documents that match `filter`, of the lists in `lists` (uint32[n]; empty = of all). */
export function selectionFrom(filter: Filter | undefined, lists: Uint8Array = noBytes): Selection {
  return { filter: rowFilterOf(filter), lists: lists.length === 0 ? null : uint32From(lists, 'lists').sort() };
}

/** The passages that a request names. INVALID_ARGUMENT when the columns differ in length. */
export function keysFrom(asked: { readonly docIds: Uint8Array; readonly passages: Uint8Array }): RowKeys {
  const docIds = uint64From(asked.docIds, 'docIds');
  if (asked.passages.length === 0) return { docIds, passages: null };
  const passages = uint32From(asked.passages, 'passages');
  if (passages.length === docIds.length) return { docIds, passages };
  throw new ShoalError(
    'INVALID_ARGUMENT',
    `${docIds.length} docIds have ${passages.length} passages; give one each, or none`,
  );
}

/** Candidate columns on the wire. */
export function candidatesToWire(columns: CandidateColumns): Candidates {
  return {
    docIds: bufferOf(columns.docIds),
    idHashes: bufferOf(columns.idHashes),
    scores: bufferOf(columns.scores),
    passages: columns.passages.every((passage) => passage === 0) ? noBytes : bufferOf(columns.passages),
  };
}
