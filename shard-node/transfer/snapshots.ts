/**
 * Snapshots of replicas that somebody reads: the files of one instant, held until they are closed, or until nobody has read them for
 * so long that the reader must be gone.
 */
import type { Clock, Timer } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { Files } from '../../vector-index/files.js';
import type { IndexSnapshot, SnapshotFile } from '../../vector-index/maintenance/index-snapshot.js';
import { torn } from '../../vector-index/segment/segment-layout.js';

/** Milliseconds without a call after which a snapshot, or an import, is given up. */
export const abandonedMs = 600_000;

/** Bytes of one answer at most. */
export const pieceBytesMax = 4 * 1024 * 1024;

export interface SnapshotsParts {
  readonly files: Files;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Held {
  readonly snapshot: IndexSnapshot;
  /** The file that was read last. */
  open: { readonly number: number; readonly mapped: ReturnType<Files['map']> } | null;
  timer: Timer;
}

/** What the caller needs to read a snapshot. */
export interface OpenSnapshot {
  readonly number: bigint;
  readonly marks: ReadonlyMap<string, bigint>;
  readonly files: readonly SnapshotFile[];
}

/** The creator closes it. */
export class Snapshots {
  readonly #parts: SnapshotsParts;
  readonly #held = new Map<bigint, Held>();
  #last = 0n;

  constructor(parts: SnapshotsParts) {
    this.#parts = parts;
  }

  /** Holds what `take` gives. RESOURCE_EXHAUSTED when the disk has no room to seal. */
  async open(take: () => Promise<IndexSnapshot>): Promise<OpenSnapshot> {
    const snapshot = await take();
    const number = (this.#last += 1n);
    this.#held.set(number, { snapshot, open: null, timer: this.#timer(number) });
    return { number, marks: snapshot.marks, files: snapshot.files };
  }

  /**
   * At most `limit` bytes of file `file` from `offset`, in an array of the caller's. NOT_FOUND when the snapshot is not held any more; DATA_LOSS
   * when the file was cut short, or could not be read, since the snapshot was taken.
   */
  read(number: bigint, { file, offset, limit }: { file: number; offset: number; limit: number }): Uint8Array {
    const held = this.#held.get(number);
    const about = held?.snapshot.files[file];
    if (held === undefined || about === undefined) {
      throw new ShoalError('NOT_FOUND', `snapshot ${number} has no file ${file}, or was given up; open another one`);
    }
    held.timer.cancel();
    held.timer = this.#timer(number);
    if (held.open?.number !== file) {
      held.open?.mapped.close();
      held.open = { number: file, mapped: this.#parts.files.map(about.path) };
    }
    const { mapped } = held.open;
    const piece = mapped.bytes.slice(offset, offset + Math.min(limit, pieceBytesMax));
    if (mapped.isTorn || mapped.bytes.length !== about.bytes) throw torn(about.path);
    return piece;
  }

  /** Lets the files go. Idempotent. */
  async release(number: bigint): Promise<void> {
    const held = this.#held.get(number);
    if (held === undefined) return;
    this.#held.delete(number);
    held.timer.cancel();
    held.open?.mapped.close();
    await held.snapshot.release();
  }

  /** Lets everything go. Idempotent. */
  async close(): Promise<void> {
    for (const number of [...this.#held.keys()]) await this.release(number);
  }

  #timer(number: bigint): Timer {
    const { clock, logger } = this.#parts;
    return clock.after(abandonedMs, () => {
      logger.warn({ snapshot: String(number) }, 'a snapshot was not read any more and is given up');
      this.release(number).catch((error: unknown) => logger.warn({ err: error }, 'a snapshot could not be released'));
    });
  }
}
