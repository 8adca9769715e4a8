/**
 * One copy of one directory partition on this node, for as long as it is placed here: whatever happens to its store, it goes on.
 *
 * A damaged store is moved aside and built anew, so that a bit flip costs time and no answer; what it served from is checked as it is read.
 * So is one that may have heard what the log lost.
 */
import { sleep, type Clock } from '../../base/clock.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { streamOf } from '../../cluster/keys.js';
import type { DirectoryPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { ReadCopyRequest, ReadCopyResponse } from '../../proto/generated/shoal/v1/directory.js';
import type { DirectoryStore } from './store/directory-store.js';
import { PartitionLife, type LifeParts } from './partition-life.js';
import type { PartitionState } from './partition-state.js';
import { Waiters } from '../../base/waiters.js';

export type PartitionPhase = 'loading' | 'ready' | 'failed';

const reopenMs = 1_000;

export interface PartitionParts extends Omit<LifeParts, 'store' | 'range' | 'uid' | 'onChange'> {
  readonly placement: DirectoryPlacement;
  readonly log: ChangeLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Opens the store. DATA_LOSS when it is damaged. */
  openStore(): Promise<DirectoryStore>;
  /** Takes away what the store has: damage is kept aside for people, what was never whole is not. */
  discardStore(what: 'damaged' | 'unfinished'): Promise<void>;
  /** Phase, committed position or problem changed. */
  readonly onChange: (partition: DirectoryPartition) => void;
}

export class DirectoryPartition {
  readonly placement: DirectoryPlacement;
  readonly #parts: PartitionParts;
  readonly #waiters = new Waiters();
  readonly #stop = new AbortController();
  #life: PartitionLife | null = null;
  #failure: ShoalError | null = null;
  #problem = '';
  #running: Promise<void> = Promise.resolve();
  /** What was told last: phase, committed position, problem. */
  #told = '';

  constructor(parts: PartitionParts) {
    this.#parts = parts;
    this.placement = parts.placement;
  }

  get phase(): PartitionPhase {
    if (this.#failure !== null) return 'failed';
    return this.#life?.isReady === true ? 'ready' : 'loading';
  }

  /** Largest log position that the store has. */
  get committed(): bigint {
    return this.#life?.state.committed ?? 0n;
  }

  /** What the log has of the directory's subject up to this position is not needed. */
  get rememberedAfter(): bigint {
    return this.#life?.state.rememberedAfter ?? 0n;
  }

  /** Why it failed, or cannot go on at present; '' when all is well. */
  get problem(): string {
    return this.#failure?.message ?? this.#life?.problem ?? this.#problem;
  }

  /** Begins to work. */
  start(): void {
    this.#running = this.#run();
  }

  /**
   * The state, once the partition is ready and `holds` gives true. DEADLINE_EXCEEDED when that takes too long, UNAVAILABLE when the
   * partition failed or is being closed.
   */
  async when(holds: (state: PartitionState) => boolean, deadline: Deadline): Promise<PartitionState> {
    const found: { state: PartitionState | null } = { state: null };
    await this.#waiters.until(() => {
      this.#checkServing();
      const life = this.#life;
      if (life === null || !life.isReady || !holds(life.state)) return false;
      found.state = life.state;
      return true;
    }, deadline);
    return found.state!;
  }

  /** Throws OUT_OF_RANGE when the log has not given `sequence` yet. */
  async checkGiven(sequence: bigint): Promise<void> {
    if (sequence <= (this.#life?.state.heard ?? 0n)) return;
    const { lastSequence } = await this.#parts.log.state(streamOf(this.placement.uid));
    if (sequence <= lastSequence) return;
    const what = `log position ${sequence} of collection ${this.placement.uid} does not exist yet`;
    throw new ShoalError(
      'OUT_OF_RANGE',
      `${what}: the last one is ${lastSequence}; give a sequence that a write answered`,
    );
  }

  /** What `read` gives. Damage that it comes upon is mended, and the caller told to try again. */
  guard<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#life?.fail(error);
      const what = `partition ${this.placement.partition} of the directory is damaged and is being built anew`;
      throw new ShoalError('UNAVAILABLE', `${what}; try again later`, { cause: error });
    }
  }

  /** A page of what is stored, for another copy. UNAVAILABLE where nothing can be said at present. */
  readCopy(request: ReadCopyRequest): ReadCopyResponse {
    this.#checkServing();
    const life = this.#life;
    if (life === null)
      throw new ShoalError('UNAVAILABLE', 'this copy of the directory is being opened; ask again later');
    return this.guard(() => life.readCopy(request));
  }

  /** Looks whether the log still has what it lacks, as after a lapse of the node's lease; where it has not, it is built anew. */
  async checkLog(): Promise<void> {
    await this.#life?.checkLog();
  }

  /** Resolves when it is ready, failed, or waits for others to mend what it needs; at the latest when `deadline` ends. */
  async waitSettled(deadline: Deadline): Promise<void> {
    const needsOthers = (): boolean => this.#life?.isRebuilding === true || (this.#life?.problem ?? '') !== '';
    try {
      await this.#waiters.until(() => this.phase !== 'loading' || needsOthers(), deadline);
    } catch (error) {
      // It goes on in the background; the node says so in its state.
      this.#parts.logger.warn({ uid: this.placement.uid, err: error }, 'directory is not ready yet');
    }
  }

  /** Stops at once; what is not committed is heard again next time. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#life?.close();
    this.#waiters.wake();
    await this.#running;
  }

  get #isClosing(): boolean {
    return this.#stop.signal.aborted;
  }

  #checkServing(): void {
    const { uid, partition } = this.placement;
    const what = `partition ${partition} of the directory of collection ${uid}`;
    if (this.#isClosing) throw new ShoalError('UNAVAILABLE', `${what} is being closed; ask another node`);
    if (this.#failure !== null)
      throw new ShoalError('UNAVAILABLE', `${what} failed on this node: ${this.#failure.message}`);
  }

  /** One life after another, each on the store as it is then. */
  async #run(): Promise<void> {
    for (let mishaps = 1; !this.#isClosing; mishaps += 1) {
      const startedMs = this.#parts.clock.monotonicMs();
      try {
        await this.#live();
      } catch (error) {
        if (!(await this.#outlives(error))) return;
      }
      // The first time at once; a disk that is full or broken is not asked without end.
      if (this.#parts.clock.monotonicMs() - startedMs > reopenMs * 10) mishaps = 1;
      if (mishaps > 1) await sleep(this.#parts.clock, reopenMs, this.#stop.signal);
    }
  }

  async #live(): Promise<void> {
    const store = await this.#openWhole();
    try {
      const { placement } = this;
      const range = { first: placement.hashFirst, last: placement.hashLast };
      const onChange = (): void => this.#change();
      const life = new PartitionLife({ ...this.#parts, uid: placement.uid, range, store, onChange });
      this.#life = life;
      this.#problem = '';
      if (this.#isClosing) life.close();
      await life.run();
    } finally {
      this.#life = null;
      await store.close();
    }
  }

  /** A store whose content is the state after some position, or nothing. */
  async #openWhole(): Promise<DirectoryStore> {
    const store = await this.#parts.openStore();
    if (store.marks.committed > 0n || store.list('', 1).length === 0) return store;
    await store.close();
    await this.#parts.discardStore('unfinished');
    return await this.#parts.openStore();
  }

  /** Whether the partition goes on after `error`. */
  async #outlives(thrown: unknown): Promise<boolean> {
    const error = ShoalError.from(thrown);
    const { logger, discardStore } = this.#parts;
    const { uid, partition } = this.placement;
    try {
      if (isDamage(error)) {
        logger.error({ uid, partition, err: error }, 'directory is damaged and is built anew');
        await discardStore('damaged');
      } else if (error.details['outdated'] !== undefined) {
        logger.warn({ uid, partition, why: error.message }, 'directory is older than its log and is built anew');
        await discardStore('damaged');
      } else if (error.code !== 'RESOURCE_EXHAUSTED' && error.code !== 'ABORTED') throw error;
      this.#problem = error.message;
    } catch (fatal) {
      this.#failure = ShoalError.from(fatal);
      logger.error({ uid, partition, err: fatal }, 'directory failed');
    }
    this.#change();
    return this.#failure === null;
  }

  #change(): void {
    this.#waiters.wake();
    const now = `${this.phase} ${this.committed} ${this.problem}`;
    if (now === this.#told) return;
    this.#told = now;
    this.#parts.onChange(this);
  }
}

/** Whether it is the store that is damaged, not the log. */
function isDamage(thrown: unknown): boolean {
  return thrown instanceof ShoalError && thrown.code === 'DATA_LOSS' && thrown.details['damaged'] !== undefined;
}
