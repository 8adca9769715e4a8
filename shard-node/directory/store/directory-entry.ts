/** What a directory partition knows of one document, and of the subjects and decisions beside it. */
import type { Verdict } from '../../../proto/generated/shoal/v1/directory.js';

/** One document that exists; immutable, so that equality of references is equality of versions. */
export interface DirectoryEntry {
  readonly docId: bigint;
  /** XXH64 of the content; 0 = unknown. */
  readonly contentHash: bigint;
  /** Codes of the subjects on which the document has a passage or copy, the primary one first. */
  readonly places: readonly number[];
  /** Those of `places` on which its record was not heard yet. */
  readonly unheard: readonly number[];
}

/** No places; one array for all, so that the common case allocates nothing. */
export const noPlaces: readonly number[] = [];

/** A subject and the last log position heard on it. Its index in the list of all subjects is its code. */
export interface SubjectRow {
  readonly subject: string;
  readonly last: bigint;
}

/** What became of one record of the directory's subject, by position. */
export interface VerdictRecord {
  readonly sequence: bigint;
  /** Record time. */
  readonly timeMs: number;
  /** '' = none. */
  readonly writeId: string;
  /** The record that came first with `writeId`, this one unless it is a repeat: its position and its record time. */
  readonly firstSequence: bigint;
  readonly firstMs: number;
  readonly verdicts: readonly Verdict[];
  /** uint64[positions]: the docId that decided; 0 = none. */
  readonly docIds: BigUint64Array;
}

/** Milliseconds of record time for which a verdict is kept. */
export const verdictKeptMs = 10 * 60_000;

/** What a partition knows beside its entries, as of `committed`. */
export interface DirectoryMarks {
  /** Log position after which the entries are as they are; 0 = nothing was heard. */
  readonly committed: bigint;
  /** By code. */
  readonly subjects: readonly SubjectRow[];
  /** Largest map epoch heard. */
  readonly epoch: bigint;
  /** Largest position of a record caused by records up to `committed`. */
  readonly caused: bigint;
}

export const noMarks: DirectoryMarks = { committed: 0n, subjects: [], epoch: 0n, caused: 0n };
