/**
 * What a directory partition keeps on disk: exactly its state after one log position, replaced in one step.
 *
 * Sorted runs in files; tests have one in memory, which passes the same conformance suite.
 */
import type { DirectoryEntry, DirectoryMarks, VerdictRecord } from './directory-entry.js';

export interface DirectoryCommit {
  readonly marks: DirectoryMarks;
  /** What became of ids since the last commit; null = gone. */
  readonly entries: ReadonlyMap<string, DirectoryEntry | null>;
  /** Verdicts given since the last commit. */
  readonly verdicts: readonly VerdictRecord[];
}

export interface ListedEntry {
  readonly id: string;
  readonly entry: DirectoryEntry;
}

/** The state after one commit, as long as it is held, whatever is committed meanwhile. */
export interface HeldState {
  readonly marks: DirectoryMarks;
  readonly verdicts: readonly VerdictRecord[];
  /** As that of the store. */
  list(after: string, limit: number): readonly ListedEntry[];
  /** Then it must not be read any more. Idempotent. */
  release(): void;
}

export interface DirectoryStore {
  /** As of the last commit. */
  readonly marks: DirectoryMarks;
  /** Verdicts of the last 10 minutes of record time before the last commit, ascending by sequence. */
  readonly verdicts: readonly VerdictRecord[];
  /** The entry of `id`, or null. DATA_LOSS when what is stored is damaged. */
  get(id: string): DirectoryEntry | null;
  /** At most `limit` entries whose ids follow `after` in the order of their bytes; '' = from the first. DATA_LOSS as `get`. */
  list(after: string, limit: number): readonly ListedEntry[];
  /**
   * Makes `commit` the state, all or nothing; durable when it resolves. One at a time. RESOURCE_EXHAUSTED when the disk is full: the
   * old state stays, and the same commit may be tried again.
   */
  commit(commit: DirectoryCommit): Promise<void>;
  /** Holds the state of the last commit, at the latest until the store is closed. */
  hold(): HeldState;
  /** Idempotent. */
  close(): Promise<void>;
}
