/**
 * What was said: the durable, ordered log of a collection, as NATS JetStream offers it.
 *
 * One stream per collection, many subjects in it, one sequence over all. Two implementations pass one conformance suite:
 * `cluster/embedded` (lmdb, one process) and JetStream.
 */
import type { Deadline } from '../base/deadline.js';

export interface LogRecord {
  /** Text headers; readable without the body. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface LogEntry extends LogRecord {
  /** Position in the stream, from 1, without gaps between appends; purged entries leave gaps for readers. */
  readonly sequence: bigint;
  readonly subject: string;
  /** Wall time of the append in milliseconds since 1970. */
  readonly timeMs: number;
}

export interface StreamState {
  /** Smallest sequence still held; last + 1 when none is. */
  readonly firstSequence: bigint;
  /** Largest sequence ever given; firstSequence of creation − 1 when none was. */
  readonly lastSequence: bigint;
  readonly entries: number;
  readonly bytes: number;
}

export interface ConsumeOptions {
  /** Exact subjects, or patterns whose last token is `*`, any one token, or `>`, one token or more. */
  readonly subjects: readonly string[];
  /** Entries with a larger sequence are delivered, in order, each exactly once, past and future ones. */
  readonly after: bigint;
  /** Deliver empty bodies. */
  readonly headersOnly?: boolean;
}

/** An ordered consumer. Ends when closed or when its stream is dropped; throws UNAVAILABLE when the log cannot be reached. */
export interface LogConsumer extends AsyncIterable<LogEntry> {
  close(): Promise<void>;
}

export interface ChangeLog {
  /** Creates `stream` unless it exists; its first record gets `firstSequence` (≥ 1). */
  createStream(stream: string, firstSequence: bigint): Promise<void>;
  /**
   * Makes sure that the next record of `stream` gets `firstSequence` or more: one that ends below is emptied, its consumers end, and
   * it goes on there; one that is missing is created; any other is left as it is, so that of two calls at once the second one changes
   * nothing. Records appended while it is emptied may be lost; after a crash on the way it may be missing, and a repeat finishes it.
   */
  raiseStream(stream: string, firstSequence: bigint): Promise<void>;
  /** Deletes `stream` and all it holds. Idempotent. */
  dropStream(stream: string): Promise<void>;
  /** NOT_FOUND for an unknown stream. */
  state(stream: string): Promise<StreamState>;
  /** The last sequence of `subject`, purged or not; 0 when none was appended. */
  lastSequence(stream: string, subject: string): Promise<bigint>;
  /**
   * Appends one record and resolves with its sequence when it is on disk. Concurrent appends share one fsync.
   * INVALID_ARGUMENT above `limits.messageBytesMax` or `limits.recordHeaderBytesMax`, RESOURCE_EXHAUSTED when the disk is full.
   * On DEADLINE_EXCEEDED and UNAVAILABLE the record may have been appended.
   */
  append(stream: string, subject: string, record: LogRecord, deadline: Deadline): Promise<bigint>;
  /** The entry at `sequence`, or null when it was purged or not yet given. */
  read(stream: string, sequence: bigint): Promise<LogEntry | null>;
  consume(stream: string, options: ConsumeOptions): LogConsumer;
  /** Deletes the entries of `subject` up to and including `upTo`, and gives their disk space back. Nothing for 0. */
  purge(stream: string, subject: string, upTo: bigint): Promise<void>;
  /** Ends every consumer and releases connections and files. Idempotent. */
  close(): Promise<void>;
}
