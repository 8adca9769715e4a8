/**
 * One replica of one shard on this node: its index on disk and the log consumer that feeds it.
 *
 * Ready once it has applied everything that its subject held when it was opened; an apply that fails marks it failed, and it
 * serves no more until the node is restarted or the damage is mended. A full disk is no such failure: it serves from memory, says so,
 * and seals once there is room.
 */
import { ShoalError } from '../base/errors.js';
import type { Clock } from '../base/clock.js';
import type { Deadline } from '../base/deadline.js';
import type { Logger } from '../base/logger.js';
import type { ChangeLog, LogConsumer, LogEntry } from '../cluster/change-log.js';
import { shardSubject, streamOf } from '../cluster/keys.js';
import { changeOf } from '../cluster/log/records.js';
import type { ShardPlacement } from '../proto/generated/shoal/v1/cluster.js';
import type { ShardIndex } from '../vector-index/shard-index.js';
import { indexDocuments, type TermWeighting } from './ingest/decode.js';
import { Maintenance } from './ingest/maintenance.js';

export type ReplicaPhase = 'loading' | 'ready' | 'failed';

export interface ReplicaParts {
  readonly placement: ShardPlacement;
  /** Dimensions of the collection's dense vectors. */
  readonly dim: number;
  readonly index: ShardIndex;
  readonly weighting: TermWeighting;
  readonly log: ChangeLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sealAgeMs: number;
  readonly maintainEveryMs: number;
  /** Called when phase or durable position changed. */
  readonly onChange: (replica: Replica) => void;
}

export class Replica {
  readonly uid: string;
  readonly shard: number;
  readonly generation: bigint;
  readonly dim: number;
  readonly index: ShardIndex;
  /** The subject of the log that it follows. */
  readonly subject: string;
  readonly #parts: ReplicaParts;
  readonly #waiters = new Set<() => void>();
  #phase: ReplicaPhase = 'loading';
  #problem = '';
  #readyAt = 0n;
  #consumer: LogConsumer | null = null;
  #following: Promise<void> = Promise.resolve();
  #maintenance: Maintenance | null = null;

  constructor(parts: ReplicaParts) {
    this.#parts = parts;
    this.uid = parts.placement.uid;
    this.shard = parts.placement.shard;
    this.generation = parts.placement.generation;
    this.dim = parts.dim;
    this.index = parts.index;
    this.subject = shardSubject(this.uid, this.generation, this.shard);
  }

  get phase(): ReplicaPhase {
    return this.#phase;
  }

  /** Why the replica failed, or why it cannot seal although it serves; empty when all is well. */
  get problem(): string {
    return this.#problem;
  }

  /** Largest log position applied. */
  get applied(): bigint {
    return this.index.applied(this.subject);
  }

  /** Largest log position that a committed manifest covers. */
  get durable(): bigint {
    return this.index.durable(this.subject);
  }

  /** Begins to follow the log and to keep the segments in order. */
  async start(): Promise<void> {
    const { log, clock, logger, sealAgeMs, maintainEveryMs } = this.#parts;
    this.#readyAt = await log.lastSequence(streamOf(this.uid), this.subject);
    this.#consumer = log.consume(streamOf(this.uid), { subjects: [this.subject], after: this.applied });
    this.#maintenance = new Maintenance({
      index: this.index,
      isBehind: () => this.durable < this.applied,
      clock,
      sealAgeMs,
      everyMs: maintainEveryMs,
      onSealed: () => this.#parts.onChange(this),
      onHindrance: (error) => this.#hinder(error),
      onFailure: (error) => this.#fail(error),
    });
    this.#settle();
    this.#following = this.#follow(this.#consumer).catch((error: unknown) => this.#fail(error));
    logger.debug({ uid: this.uid, shard: this.shard, applied: String(this.applied) }, 'replica opened');
  }

  /** Resolves when `sequence` has been applied; DEADLINE_EXCEEDED when that takes too long, UNAVAILABLE when it never will. */
  async waitApplied(sequence: bigint, deadline: Deadline): Promise<void> {
    while (this.applied < sequence) {
      if (this.#phase === 'failed') throw this.#failure();
      deadline.check();
      await this.#woken(deadline.signal);
    }
  }

  /** Resolves when the replica is ready or failed, at the latest when `deadline` ends. */
  async waitSettled(deadline: Deadline): Promise<void> {
    while (this.#phase === 'loading' && !deadline.signal.aborted) await this.#woken(deadline.signal);
  }

  /** Throws UNAVAILABLE when the replica cannot serve. */
  checkServing(): void {
    if (this.#phase === 'failed') throw this.#failure();
  }

  /** Seals what is in memory and commits the manifest. */
  async seal(): Promise<bigint> {
    this.checkServing();
    await this.index.seal();
    this.#problem = '';
    this.#parts.onChange(this);
    return this.durable;
  }

  /** Stops following, finishes background work and closes the index. Idempotent. */
  async close(): Promise<void> {
    await this.#consumer?.close();
    await this.#following;
    await this.#maintenance?.close();
    await this.index.close();
  }

  #woken(signal: AbortSignal): Promise<void> {
    return new Promise<void>((resolve) => {
      const wake = (): void => {
        this.#waiters.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiters.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  async #follow(consumer: LogConsumer): Promise<void> {
    for await (const entry of consumer) {
      this.#apply(entry);
      this.#settle();
      for (const wake of [...this.#waiters]) wake();
    }
  }

  #apply(entry: LogEntry): void {
    const change = changeOf(entry);
    this.index.apply(
      entry.subject,
      entry.sequence,
      change.operation === 'upsert'
        ? { documents: indexDocuments(change.documents, entry.sequence, this.#parts.weighting) }
        : { superseded: change.entries },
    );
  }

  #settle(): void {
    if (this.#phase !== 'loading' || this.applied < this.#readyAt) return;
    this.#phase = 'ready';
    this.#parts.onChange(this);
  }

  /** Told and logged when it begins and ends, not at every attempt. */
  #hinder(error: ShoalError | null): void {
    const problem = error?.message ?? '';
    const [had, has] = [this.#problem !== '', problem !== ''];
    if (this.#phase === 'failed' || had === has) return;
    this.#problem = problem;
    const about = { uid: this.uid, shard: this.shard };
    if (has) this.#parts.logger.warn({ ...about, err: error }, 'replica keeps what is new in memory until it can seal');
    else this.#parts.logger.info(about, 'replica can seal again');
    this.#parts.onChange(this);
  }

  #fail(error: unknown): void {
    this.#phase = 'failed';
    this.#problem = ShoalError.from(error).message;
    this.#parts.logger.error({ uid: this.uid, shard: this.shard, err: error }, 'replica failed');
    for (const wake of [...this.#waiters]) wake();
    this.#parts.onChange(this);
  }

  #failure(): ShoalError {
    const where = `shard ${this.shard} of collection ${this.uid}`;
    return new ShoalError('UNAVAILABLE', `${where} cannot serve on this node: ${this.#problem}`);
  }
}
