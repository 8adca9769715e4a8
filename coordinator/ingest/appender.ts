/**
 * Last step of a write: documents of one shard become log records, concurrent ones sharing a record, in the order they came.
 *
 * A document waits at most a millisecond for company. The promise of each resolves with its docId when its record is on disk.
 */
import type { Clock } from '../../base/clock.js';
import { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { docIdOf, headerBytesOf, upsertRecord } from '../../cluster/log/records.js';
import { LogDocument } from '../../proto/generated/shoal/v1/log.js';

/** How long a document waits for others. */
const groupWindowMs = 1;

/** Bytes of a record's headers beside ids and hashes. */
const headerBytesFixed = 256;

export interface AppendDocument {
  readonly document: LogDocument;
  readonly contentHash: bigint;
}

interface Waiting extends AppendDocument {
  readonly bytes: number;
  readonly headerBytes: number;
  resolve(docId: bigint): void;
  reject(error: ShoalError): void;
}

/** One shard's way into the log. */
export class Appender {
  readonly #parts: {
    readonly log: ChangeLog;
    readonly stream: string;
    readonly subject: string;
    readonly clock: Clock;
  };
  #waiting: Waiting[] = [];
  #isScheduled = false;

  constructor(parts: {
    readonly log: ChangeLog;
    readonly stream: string;
    readonly subject: string;
    readonly clock: Clock;
  }) {
    this.#parts = parts;
  }

  /** Appends `entry`; calls made one after another keep their order. INVALID_ARGUMENT for a document larger than a record may be. */
  append(entry: AppendDocument): Promise<bigint> {
    const bytes = LogDocument.encode(entry.document).finish().length + 8;
    if (bytes > limits.messageBytesMax) {
      const sizes = `${bytes} bytes with its vectors, the limit of a record is ${limits.messageBytesMax}`;
      throw new ShoalError('INVALID_ARGUMENT', `document '${entry.document.id}' has ${sizes}; chunk it`);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...entry, bytes, headerBytes: headerBytesOf(entry.document.id), resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#parts.clock.after(groupWindowMs, () => this.#flush());
  }

  #flush(): void {
    this.#isScheduled = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    // Appends are begun in order, and the log keeps the order of its callers.
    for (const group of groups(waiting)) void this.#write(group);
  }

  /** Never rejects: the outcome goes to those who wait. */
  async #write(group: readonly Waiting[]): Promise<void> {
    const { log, stream, subject, clock } = this.#parts;
    const deadline = Deadline.after(clock, limits.writeDeadlineMs);
    try {
      const hashes = BigUint64Array.from(group, ({ contentHash }) => contentHash);
      const record = upsertRecord(
        group.map(({ document }) => document),
        hashes,
        0,
      );
      const sequence = await log.append(stream, subject, record, deadline);
      group.forEach(({ resolve }, position) => resolve(docIdOf(sequence, position)));
    } catch (thrown) {
      const error = ShoalError.from(thrown);
      for (const { reject } of group) reject(error);
    } finally {
      deadline.close();
    }
  }
}

/** `waiting` in order, cut where a record is full by documents, body or headers. A large document is alone. */
function groups(waiting: readonly Waiting[]): readonly (readonly Waiting[])[] {
  const all: Waiting[][] = [];
  let open: Waiting[] = [];
  let bytes = 0;
  let headerBytes = headerBytesFixed;
  for (const each of waiting) {
    const isFull =
      open.length === limits.documentsPerRecordMax ||
      bytes + each.bytes > limits.recordBodyBytesGrouped ||
      headerBytes + each.headerBytes > limits.recordHeaderBytesMax;
    if (open.length > 0 && isFull) {
      all.push(open);
      open = [];
      bytes = 0;
      headerBytes = headerBytesFixed;
    }
    open.push(each);
    bytes += each.bytes;
    headerBytes += each.headerBytes;
  }
  if (open.length > 0) all.push(open);
  return all;
}
