/**
 * Last step of a write: documents of one shard become log records, concurrent ones sharing a record, in the order they came.
 *
 * Documents wait at most a millisecond for company. Several records may be on their way at once; the log keeps the order in which
 * they were begun.
 */
import type { Clock } from '../../base/clock.js';
import { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { docIdOf } from '../../cluster/log/doc-id.js';
import { bodyBytesOf, type EncodedDocument } from '../../cluster/log/encoded-document.js';
import { headerBytesOf } from '../../cluster/log/record-headers.js';
import { encodedUpsertRecord } from '../../cluster/log/records.js';
import { recordPieces, tooLarge } from './record-pieces.js';

/** How long a document waits for others. */
const groupWindowMs = 1;

/** A document of the appender's shard, ready for the log. */
export interface AppendEntry extends EncodedDocument {
  readonly contentHash: bigint;
  /** Version of the structure that gave its list. */
  readonly structure: number;
  /** Map epoch under which its shard was chosen. */
  readonly epoch: bigint;
  /** docId under which it is stored; 0 = its own position. */
  readonly as: bigint;
  /** Every subject on which the document has a passage, where there are several; else empty. */
  readonly places: readonly string[];
}

/** Hears what became of the entry at `position`. */
export type Settle = (position: number, outcome: bigint | ShoalError) => void;

interface Waiting {
  readonly entry: AppendEntry;
  readonly position: number;
  readonly settle: Settle;
}

export interface AppenderParts {
  readonly log: ChangeLog;
  readonly stream: string;
  readonly subject: string;
  readonly clock: Clock;
}

/** One shard's way into the log. */
export class Appender {
  readonly #parts: AppenderParts;
  #waiting: Waiting[] = [];
  #isScheduled = false;

  constructor(parts: AppenderParts) {
    this.#parts = parts;
  }

  /**
   * Appends `entries`; calls made one after another keep their order. `settle` is called once for each position, with the docId at
   * which the entry is on disk (its own position, also of an entry stored under another docId), or why it is not.
   */
  append(entries: readonly AppendEntry[], settle: Settle): void {
    entries.forEach((entry, position) => {
      const refusal = tooLarge(entry.id, bodyBytesOf(entry));
      if (refusal === null) this.#waiting.push({ entry, position, settle });
      else settle(position, refusal);
    });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    this.#parts.clock.after(groupWindowMs, () => this.#flush());
  }

  #flush(): void {
    this.#isScheduled = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    // Each outcome goes to those who wait for it.
    for (const alike of runs(waiting)) for (const group of recordPieces(alike, shareOf)) void this.#write(group);
  }

  /** Never rejects. */
  async #write(group: readonly Waiting[]): Promise<void> {
    const { log, stream, subject, clock } = this.#parts;
    const deadline = Deadline.after(clock, limits.writeDeadlineMs);
    try {
      const sequence = await log.append(stream, subject, recordOf(group.map(({ entry }) => entry)), deadline);
      group.forEach(({ settle, position }, at) => settle(position, docIdOf(sequence, at)));
    } catch (thrown) {
      const error = ShoalError.from(thrown);
      for (const { settle, position } of group) settle(position, error);
    } finally {
      deadline.close();
    }
  }
}

function recordOf(entries: readonly AppendEntry[]): ReturnType<typeof encodedUpsertRecord> {
  const first = entries[0]!;
  const places = new Map<number, readonly string[]>();
  entries.forEach((entry, position) => {
    if (entry.places.length > 0) places.set(position, entry.places);
  });
  return encodedUpsertRecord(entries, {
    contentHashes: BigUint64Array.from(entries, ({ contentHash }) => contentHash),
    structure: first.structure,
    epoch: entries.reduce((largest, { epoch }) => (epoch > largest ? epoch : largest), 0n),
    places,
    ...(first.as === 0n ? {} : { as: BigUint64Array.from(entries, ({ as }) => as) }),
  });
}

/** `waiting` cut where the structure changes, or between documents with positions of their own and others: a record holds one kind. */
function runs(waiting: readonly Waiting[]): readonly (readonly Waiting[])[] {
  const all: Waiting[][] = [];
  let previous: AppendEntry | null = null;
  for (const each of waiting) {
    const { structure, as } = each.entry;
    if (previous !== null && previous.structure === structure && (previous.as === 0n) === (as === 0n)) {
      all.at(-1)!.push(each);
    } else {
      all.push([each]);
    }
    previous = each.entry;
  }
  return all;
}

function shareOf({ entry }: Waiting): { headerBytes: number; bodyBytes: number } {
  const places = entry.places.reduce((sum, { length }) => sum + length + 1, 0);
  return { headerBytes: headerBytesOf(entry.id) + places, bodyBytes: bodyBytesOf(entry) };
}
