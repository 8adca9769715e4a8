/**
 * Sessions in threads of their own, kept busy: a free thread is given the next batch, and one more in advance, so that it never waits
 * for the main thread.
 */
import { Worker } from 'node:worker_threads';
import { assert, present } from '../../base/assert.js';
import { ShoalError } from '../../base/errors.js';
import { workerEntry } from '../../base/worker-entry.js';
import type { Sequence } from '../batch/sequence.js';
import type { SequenceResult } from './session.js';
import type { CloseMessage, RunMessage, WorkerReply, WorkerSetup } from './worker-protocol.js';

/** Batches that a thread holds: the one it runs and the next. */
const batchesPerThread = 2;

export interface FinishedBatch {
  readonly results: readonly SequenceResult[];
  readonly runMs: number;
}

/** A place in a thread, taken for one batch. */
export interface Slot {
  /** Runs the batch and frees the place. Rejects with the session's error, or UNAVAILABLE when the thread died. */
  run(sequences: readonly Sequence[], isQuery: boolean): Promise<FinishedBatch>;
}

export class SessionPool {
  readonly #threads: readonly SessionThread[];

  private constructor(threads: readonly SessionThread[]) {
    this.#threads = threads;
  }

  /** Starts `count` threads; resolves when all have opened the model. Rejects with the first one's refusal, none left running. */
  static async start(setup: WorkerSetup, count: number): Promise<SessionPool> {
    assert(count >= 1, 'there is a session');
    const threads = Array.from({ length: count }, () => new SessionThread(setup));
    const pool = new SessionPool(threads);
    try {
      await Promise.all(threads.map(({ ready }) => ready));
    } catch (thrown) {
      await pool.close();
      throw thrown;
    }
    return pool;
  }

  get size(): number {
    return this.#threads.length;
  }

  /** A place in the least busy thread; null when every place is taken. UNAVAILABLE when every thread has died. */
  slot(): Slot | null {
    const alive = this.#threads.filter(({ isAlive }) => isAlive);
    if (alive.length === 0)
      throw new ShoalError('UNAVAILABLE', 'every session of the encoder node has ended; restart the node');
    const thread = alive.reduce((best, each) => (each.load < best.load ? each : best));
    return thread.load < batchesPerThread ? thread : null;
  }

  /** Finishes what runs and ends the threads. Idempotent. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

interface Pending {
  resolve(batch: FinishedBatch): void;
  reject(error: ShoalError): void;
}

class SessionThread implements Slot {
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #lastBatch = 0;
  #isAlive = true;

  constructor(setup: WorkerSetup) {
    const { start, options } = workerEntry(new URL('./worker.js', import.meta.url), import.meta.url);
    this.#worker = new Worker(start, { ...options, workerData: setup });
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#end(new ShoalError('UNAVAILABLE', 'a session of the encoder node ended while it worked on the batch'));
        resolve();
      });
    });
    this.ready = new Promise((resolve, reject) => {
      this.#worker.once('error', (cause) => {
        const error = new ShoalError('INTERNAL', `a session's thread failed: ${String(cause)}`, { cause });
        this.#end(error);
        reject(error);
      });
      this.#worker.once('exit', () =>
        reject(new ShoalError('INTERNAL', "a session's thread ended before it was ready")),
      );
      this.#worker.on('message', (reply: WorkerReply) => {
        if (reply.kind === 'ready') resolve();
        else if (reply.kind === 'refused') reject(new ShoalError(reply.error.code, reply.error.message));
        else this.#settle(reply);
      });
    });
    // Whoever starts the pool hears of it; without this a later thread's refusal would count as unhandled.
    this.ready.catch(() => undefined);
  }

  get load(): number {
    return this.#pending.size;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  run(sequences: readonly Sequence[], isQuery: boolean): Promise<FinishedBatch> {
    const batch = ++this.#lastBatch;
    return new Promise((resolve, reject) => {
      this.#pending.set(batch, { resolve, reject });
      const buffers = sequences.flatMap(({ ids, rows }) => (rows === null ? [ids.buffer] : [ids.buffer, rows.buffer]));
      const message: RunMessage = { kind: 'run', batch, isQuery, sequences };
      this.#worker.postMessage(message, buffers as ArrayBuffer[]);
    });
  }

  async close(): Promise<void> {
    if (this.#isAlive) this.#worker.postMessage({ kind: 'close' } satisfies CloseMessage);
    await this.#exited;
  }

  #settle(reply: Extract<WorkerReply, { batch: number }>): void {
    const pending = present(this.#pending.get(reply.batch), 'a batch that waits for its results');
    this.#pending.delete(reply.batch);
    if (reply.kind === 'done') pending.resolve(reply);
    else pending.reject(new ShoalError(reply.error.code, reply.error.message));
  }

  #end(error: ShoalError): void {
    this.#isAlive = false;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
