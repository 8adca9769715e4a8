/** What calls of a ShardIndex are given, and what they answer. */
import type { LearnedParameters } from './codebook/learned-parameters.js';
import type { CandidateColumns, QueryTerms } from './document.js';
import type { Selection } from './filter/row-filter.js';

/** A record of the log, as an index counts it. */
export interface AppliedRecord {
  readonly subject: string;
  readonly sequence: bigint;
  /** When the log took it, in milliseconds since 1970. */
  readonly timeMs: number;
}

/** Both stages of a search over the documents of one instant. */
export interface ScanQuery {
  /** float32[dim]; null = no dense stage. */
  readonly dense: Float32Array | null;
  readonly sparse: QueryTerms | null;
  /** Documents wanted of each stage. */
  readonly k: number;
  /** Compare every selected document's own vector, not its code. */
  readonly isExact?: boolean;
  /** What coded rows are scanned by where it belongs to their codes; left out = the codebook of these. */
  readonly learned?: LearnedParameters | null;
  readonly selection: Selection;
}

export interface ScanResult {
  readonly dense: CandidateColumns | null;
  readonly sparse: CandidateColumns | null;
  /** Living documents in the lists asked for that the filter lets through; null without a filter. */
  readonly matching: number | null;
}

export interface IndexStatistics {
  /** Living documents: those whose primary passage is here. */
  readonly documents: number;
  /** Of these, the selected ones; null where nothing was selected. */
  readonly matching: number | null;
  /** Living documents that have each term asked for; exact, so it does not depend on how documents lie in segments. */
  readonly documentFrequencies: Uint32Array;
  readonly diskBytes: number;
  /** Sealed segments. */
  readonly segments: number;
  /** Living documents that are not sealed yet. */
  readonly mutableDocuments: number;
  /** Dead rows in sealed segments. */
  readonly tombstones: number;
}
