/**
 * Documents of a bulk import on their way into messages: as many together as fit one, and none kept waiting by a slow source.
 *
 * A batch that is not full is sent a second after its first document came. That takes one timer a batch, so a fast source pays nothing
 * for it.
 */
import type { Clock, Timer } from '../../base/clock.js';
import type { Document } from './types.js';

/** Bytes of a message beyond which no further document joins it. */
export const batchBytesMax = 1024 * 1024;
/** Documents of a message. */
export const batchDocumentsMax = 256;
/** Milliseconds after which a batch is sent as it is. */
export const batchAgeMs = 1_000;

/** Sends a batch; false when no more is taken. */
export type SendBatch = (documents: readonly Document[]) => Promise<boolean>;

export class Batches {
  readonly #clock: Clock;
  readonly #send: SendBatch;
  #batch: Document[] = [];
  #bytes = 0;
  #timer: Timer | null = null;
  /** Sends come one after another; false when one was not taken. */
  #sending: Promise<boolean> = Promise.resolve(true);

  constructor(clock: Clock, send: SendBatch) {
    this.#clock = clock;
    this.#send = send;
  }

  /** Whether a document of `bytes` has to wait for a `flush`. */
  isFull(bytes: number): boolean {
    const { length } = this.#batch;
    return length > 0 && (length === batchDocumentsMax || this.#bytes + bytes > batchBytesMax);
  }

  /** Takes a document of about `bytes`; not while it is full. */
  add(document: Document, bytes: number): void {
    if (this.#batch.length === 0) this.#timer = this.#clock.after(batchAgeMs, () => this.#flushLater());
    this.#batch.push(document);
    this.#bytes += bytes;
  }

  /** Sends what there is; resolves when all was taken, false when it was not. Throws what a send threw, also an earlier one. */
  flush(): Promise<boolean> {
    this.close();
    const batch = this.#batch;
    this.#batch = [];
    this.#bytes = 0;
    if (batch.length > 0) this.#sending = this.#sending.then((isTaken) => isTaken && this.#send(batch));
    return this.#sending;
  }

  /** Sends nothing more by itself. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #flushLater(): void {
    // The next flush, there always is one, meets the same failure.
    this.flush().catch(() => undefined);
  }
}
