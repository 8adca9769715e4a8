/**
 * A segment with what changes about it: which rows are alive, and who still reads it.
 *
 * The bitmap of living rows is copied on write once a search or a commit holds it: whoever took it sees one instant for ever.
 */
import { assert } from '../../base/assert.js';
import type { ShoalError } from '../../base/errors.js';
import { bitmapBytes, clearBit, countBits, fullBitmap, hasBit, setBit } from '../bitmap.js';
import type { MutableSegment } from './mutable-segment.js';
import type { SealedSegment } from './sealed-segment.js';
import type { SegmentReader } from './segment-reader.js';

/** A segment as it was at the instant of a pin. */
export interface PinnedSegment {
  readonly reader: SegmentReader;
  readonly rowCount: number;
  /** Bitmap of living rows; null when all live. */
  readonly live: Uint8Array | null;
}

export type SealedState = SegmentState<SealedSegment, string>;
export type MutableState = SegmentState<MutableSegment, null>;

export class SegmentState<
  Reader extends SealedSegment | MutableSegment = SealedSegment | MutableSegment,
  File extends string | null = string | null,
> {
  readonly reader: Reader;
  /** Name of the segment's file; null in memory. */
  readonly file: File;
  /** Name of the committed tombstone file; null when the manifest names none. */
  tombstones: string | null = null;
  /** Living rows as the manifest has them; null when all live. */
  committed: Uint8Array | null = null;
  #live: Uint8Array;
  #isShared = false;
  #dead = 0;
  #deadPrimary = 0;
  #pins = 0;
  #isRetired = false;
  /** Per term, how many dead rows have it. */
  readonly #deadFrequencies = new Map<number, number>();

  /** `live` are the rows that live as the manifest has it; null when all do. */
  constructor(reader: Reader, file: File, live: Uint8Array | null = null) {
    this.reader = reader;
    this.file = file;
    this.#live = fullBitmap(reader.rowCount);
    if (live === null) return;
    for (let row = 0; row < reader.rowCount; row += 1) if (!hasBit(live, row)) this.kill(row);
    this.committed = this.sharedLive();
  }

  get deadCount(): number {
    return this.#dead;
  }

  get liveCount(): number {
    return this.reader.rowCount - this.#dead;
  }

  /** Living documents: rows of primary passages. */
  get livePrimaryCount(): number {
    return this.reader.primaryCount - this.#deadPrimary;
  }

  /** Dead rows that the manifest knows. */
  get committedDeadCount(): number {
    return this.committed === null ? 0 : this.reader.rowCount - countBits(this.committed, this.reader.rowCount);
  }

  isAlive(row: number): boolean {
    return hasBit(this.#live, row);
  }

  /** Marks a row that was just appended as alive. */
  revive(row: number): void {
    if (bitmapBytes(row + 1) > this.#live.length) {
      const larger = new Uint8Array(Math.max(64, this.#live.length * 2));
      larger.set(this.#live);
      this.#live = larger;
      this.#isShared = false;
    }
    // A holder of the shared bitmap reads only the rows that it pinned, so a new bit needs no copy.
    setBit(this.#live, row);
  }

  /** Marks a living row as dead. */
  kill(row: number): void {
    assert(this.isAlive(row), 'the row is alive');
    if (this.#isShared) {
      this.#live = this.#live.slice();
      this.#isShared = false;
    }
    clearBit(this.#live, row);
    this.#dead += 1;
    if ((this.reader.passages?.[row] ?? 0) === 0) this.#deadPrimary += 1;
    for (const termId of this.reader.terms(row)?.termIds ?? []) {
      this.#deadFrequencies.set(termId, (this.#deadFrequencies.get(termId) ?? 0) + 1);
    }
  }

  /** The bitmap of living rows as of now, null when all live; it never changes in the holder's hands. */
  sharedLive(): Uint8Array | null {
    if (this.#dead === 0) return null;
    this.#isShared = true;
    return this.#live;
  }

  /** Living documents that have the term. */
  documentFrequency(termId: number): number {
    const postings = this.reader.postings(termId);
    return postings === null ? 0 : postings.end - postings.start - (this.#deadFrequencies.get(termId) ?? 0);
  }

  /** The segment as of now; give it back with `unpin`. */
  pin(): PinnedSegment {
    this.#pins += 1;
    return { reader: this.reader, rowCount: this.reader.rowCount, live: this.sharedLive() };
  }

  unpin(): void {
    this.#pins -= 1;
    this.#closeWhenUnused();
  }

  /** The index no longer has this segment: it is closed as soon as nobody reads it. */
  retire(): void {
    this.#isRetired = true;
    this.#closeWhenUnused();
  }

  #closeWhenUnused(): void {
    if (this.#isRetired && this.#pins === 0 && 'close' in this.reader) this.reader.close();
  }
}

/** As `SegmentReader.damage`, of the first of `states` that has any. */
export function damageOf(states: readonly SegmentState[]): ShoalError | null {
  for (const { reader } of states) if (reader.damage !== null) return reader.damage;
  return null;
}
