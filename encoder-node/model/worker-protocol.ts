/** What the main thread and a session's thread say to each other. */
import type { ErrorCode } from '../../base/errors.js';
import type { SparseHead } from '../../vector-index/codebook/sparse-head.js';
import type { Sequence } from '../batch/sequence.js';
import type { ModelManifest } from './manifest.js';
import type { ExecutionProvider, SequenceResult } from './session.js';

/** Given to the thread when it starts. */
export interface WorkerSetup {
  readonly graphPath: string;
  readonly manifest: ModelManifest;
  /** The codec's file; empty when there is none. */
  readonly codecTables: Uint8Array;
  readonly sparseHead: SparseHead | null;
  readonly executionProvider: ExecutionProvider;
  readonly intraOpThreads: number;
}

/** A batch to encode. Of several that wait, those of queries are run first. */
export interface RunMessage {
  readonly kind: 'run';
  readonly batch: number;
  readonly isQuery: boolean;
  readonly sequences: readonly Sequence[];
}

/** Ends the thread once what it works on is done. */
export interface CloseMessage {
  readonly kind: 'close';
}

export interface WorkerError {
  readonly code: ErrorCode;
  readonly message: string;
}

export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly error: WorkerError }
  | {
      readonly kind: 'done';
      readonly batch: number;
      readonly results: readonly SequenceResult[];
      readonly runMs: number;
    }
  | { readonly kind: 'failed'; readonly batch: number; readonly error: WorkerError };
