/** The way of a sequence: into the queue, into a batch, through a session, back to whoever asked. One for each encoder node. */
import type { Clock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import type { SequenceResult } from '../model/session.js';
import type { FinishedBatch, Slot } from '../model/session-pool.js';
import { BatchQueue, type BatchPolicy, type QueuedSequence } from './batch-queue.js';
import type { Sequence } from './sequence.js';

export interface SchedulerOptions {
  /** A free place in a session; null when there is none. */
  slot(): Slot | null;
  readonly policy: BatchPolicy;
  /** Sequences that may wait; a request that would exceed it is refused. */
  readonly queueMax: number;
  readonly clock: Clock;
}

export interface Encoded {
  /** One a sequence, in order. */
  readonly results: readonly SequenceResult[];
  /** Until the first of them was given to a session. */
  readonly queueMs: number;
  /** Sum over the batches that held them, each batch's time shared among its tokens. */
  readonly inferenceMs: number;
}

/** Tokens since start; padded ≥ real. Their ratio is what batching wastes. */
export interface TokenTotals {
  readonly real: number;
  readonly padded: number;
  readonly batches: number;
}

interface Item extends QueuedSequence {
  readonly enqueuedMs: number;
  resolve(done: { result: SequenceResult; queueMs: number; inferenceMs: number }): void;
  reject(error: unknown): void;
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #queue = new BatchQueue<Item>();
  readonly #running = new Set<Promise<void>>();
  #lastOrder = 0;
  #totals: TokenTotals = { real: 0, padded: 0, batches: 0 };

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Sequences that wait. */
  get depth(): number {
    return this.#queue.size;
  }

  get totals(): TokenTotals {
    return this.#totals;
  }

  /**
   * Encodes `sequences`, which go before documents if they are a query's. Rejects with RESOURCE_EXHAUSTED when the queue is full, with
   * the signal's reason when it aborts: what has not started is dropped.
   */
  async encode(sequences: readonly Sequence[], isQuery: boolean, signal: AbortSignal): Promise<Encoded> {
    signal.throwIfAborted();
    this.#admit(sequences.length);
    const waiting = sequences.map((sequence) => this.#enqueue(sequence, isQuery, signal));
    const all = Promise.all(waiting);
    this.#pump();
    const done = await untilAborted(all, signal);
    return {
      results: done.map(({ result }) => result),
      queueMs: Math.min(...done.map(({ queueMs }) => queueMs)),
      inferenceMs: done.reduce((sum, { inferenceMs }) => sum + inferenceMs, 0),
    };
  }

  /** Resolves when nothing waits and nothing runs. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #admit(count: number): void {
    const { queueMax } = this.#options;
    if (this.#queue.size + count > queueMax) this.#queue.prune();
    if (this.#queue.size + count <= queueMax) return;
    const message = `the encoder's queue would hold ${this.#queue.size + count} texts, more than its limit of ${queueMax}; send fewer at once, or try again later`;
    throw new ShoalError('RESOURCE_EXHAUSTED', message);
  }

  #enqueue(sequence: Sequence, isQuery: boolean, signal: AbortSignal): Promise<Parameters<Item['resolve']>[0]> {
    return new Promise((resolve, reject) => {
      const enqueuedMs = this.#options.clock.monotonicMs();
      this.#queue.push({ sequence, isQuery, signal, order: this.#lastOrder++, enqueuedMs, resolve, reject });
    });
  }

  /** Fills every free place. */
  #pump(): void {
    while (this.#queue.size > 0) {
      const slot = this.#slotOrFail();
      if (slot === null) return;
      const batch = this.#queue.take(this.#options.policy);
      if (batch.length === 0) return;
      const run = this.#run(slot, batch).finally(() => {
        this.#running.delete(run);
        this.#pump();
      });
      this.#running.add(run);
    }
  }

  /** When no session is left, whoever waits is told so. */
  #slotOrFail(): Slot | null {
    try {
      return this.#options.slot();
    } catch (thrown) {
      const everything = { sequencesMax: Infinity, tokensMax: Infinity, paddingMax: Infinity };
      for (const item of this.#queue.take(everything)) item.reject(thrown);
      return null;
    }
  }

  /** Never rejects: a batch's failure is its items'. */
  async #run(slot: Slot, batch: readonly Item[]): Promise<void> {
    const startMs = this.#options.clock.monotonicMs();
    const lengths = batch.map(({ sequence }) => sequence.ids.length);
    const real = lengths.reduce((sum, length) => sum + length, 0);
    this.#count(real, Math.max(...lengths) * batch.length);
    const isQuery = batch.some((item) => item.isQuery);
    try {
      const sequences = batch.map(({ sequence }) => sequence);
      const finished: FinishedBatch = await slot.run(sequences, isQuery);
      batch.forEach((item, position) => {
        const result = finished.results[position];
        if (result === undefined)
          throw new ShoalError('INTERNAL', 'a session gave fewer results than it had sequences');
        const inferenceMs = (finished.runMs * (lengths[position] ?? 0)) / real;
        item.resolve({ result, queueMs: startMs - item.enqueuedMs, inferenceMs });
      });
    } catch (thrown) {
      for (const item of batch) item.reject(thrown);
    }
  }

  #count(real: number, padded: number): void {
    const { real: realBefore, padded: paddedBefore, batches } = this.#totals;
    this.#totals = { real: realBefore + real, padded: paddedBefore + padded, batches: batches + 1 };
  }
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = rejection();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function rejection(): { promise: Promise<never>; reject(reason: unknown): void } {
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<never>((_, rejectPromise) => {
    reject = rejectPromise;
  });
  return { promise, reject };
}
