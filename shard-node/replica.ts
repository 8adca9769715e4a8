/**
 * One replica of one shard on this node: its index on disk and the log consumer that feeds it.
 *
 * Ready once it has applied everything that its subjects held when it was opened; an apply that fails marks it failed, and it
 * serves no more until the node is restarted or the damage is mended. A full disk is no such failure: it serves from memory, says so,
 * and seals once there is room; when memory, too, has reached its limit, it reads no further in the log until then. A log that
 * cannot be reached is asked again.
 */
import { ShoalError } from '../base/errors.js';
import { sleep, type Clock } from '../base/clock.js';
import type { Deadline } from '../base/deadline.js';
import { Hindrances } from '../base/hindrances.js';
import type { Logger } from '../base/logger.js';
import type { ChangeLog, LogConsumer, LogEntry } from '../cluster/change-log.js';
import { shardSubject, streamOf } from '../cluster/keys.js';
import { changeOf, type LogChange } from '../cluster/log/records.js';
import type { ShardPlacement } from '../proto/generated/shoal/v1/cluster.js';
import type { SubjectMark } from '../proto/generated/shoal/v1/directory.js';
import type { ListStructure } from '../vector-index/codebook/list-structure.js';
import type { ShardIndex } from '../vector-index/shard-index.js';
import { indexDocuments, type TermWeighting } from './ingest/decode.js';
import { Maintenance, retryMsMax } from './ingest/maintenance.js';
import { ParametersFollower } from './search/parameters-follower.js';
import { StructureFollower } from './training/structure-follower.js';
import { Waiters } from '../base/waiters.js';

export type ReplicaPhase = 'loading' | 'ready' | 'failed';

export interface ReplicaParts {
  readonly placement: ShardPlacement;
  /** Dimensions of the collection's dense vectors. */
  readonly dim: number;
  readonly index: ShardIndex;
  readonly weighting: TermWeighting;
  /** Largest version of a structure that has no codebook, and needs none. */
  readonly givenStructure: number;
  /** Reads a version that training published. */
  readonly readStructure: (version: number) => Promise<ListStructure>;
  /** Why the node cannot read a version of the learned parameters; empty where it can. Never rejects. */
  readonly parametersProblem: (version: number) => Promise<string>;
  readonly log: ChangeLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sealAgeMs: number;
  readonly maintainEveryMs: number;
  /** Bytes in memory that no file holds at which the replica reads no further in the log. */
  readonly memoryBytesMax: number;
  /** The truncation floor of a subject, as the registry has it now. */
  readonly floor: (subject: string) => Promise<bigint>;
  /** Number of the node's lease; null while it has none that it can trust: then what it knows of floors may be out of date. */
  readonly term: () => number | null;
  /** Called when phase or durable position changed. */
  readonly onChange: (replica: Replica) => void;
}

export class Replica {
  /** As it was when the replica was opened. */
  readonly placement: ShardPlacement;
  readonly uid: string;
  readonly shard: number;
  readonly generation: bigint;
  readonly dim: number;
  readonly index: ShardIndex;
  /** The subject of the shard's own records. */
  readonly subject: string;
  /** All subjects of the log that it follows. */
  readonly subjects: readonly string[];
  readonly #parts: ReplicaParts;
  readonly #waiters = new Waiters();
  readonly #hindrances: Hindrances;
  readonly #structures: StructureFollower;
  readonly #parameters: ParametersFollower;
  readonly #stop = new AbortController();
  #phase: ReplicaPhase = 'loading';
  #problem = '';
  #failed: ShoalError | null = null;
  #hasNoRoom = false;
  /** Why the log cannot be heard; empty while it can. */
  #cutOff = '';
  /** What the log held when it was last begun to be heard. */
  #heldAtFirst: readonly SubjectMark[] = [];
  /** In which the floors were read. */
  #term: number | null = null;
  #consumer: LogConsumer | null = null;
  #following: Promise<void> = Promise.resolve();
  #maintenance: Maintenance | null = null;

  constructor(parts: ReplicaParts) {
    this.#parts = parts;
    this.#hindrances = new Hindrances(parts);
    this.placement = parts.placement;
    this.uid = parts.placement.uid;
    this.shard = parts.placement.shard;
    this.generation = parts.placement.generation;
    this.dim = parts.dim;
    this.index = parts.index;
    this.subject = shardSubject(this.uid, this.generation, this.shard);
    this.subjects = [this.subject];
    const { index, givenStructure, readStructure, parametersProblem, clock, logger } = parts;
    const fields = { uid: this.uid, shard: this.shard };
    this.#structures = new StructureFollower({
      index,
      given: givenStructure,
      read: readStructure,
      clock,
      logger,
      fields,
    });
    const onChange = (): void => parts.onChange(this);
    this.#parameters = new ParametersFollower({ problemOf: parametersProblem, clock, onChange });
  }

  /** Version of the structure that numbers its lists. */
  get structureVersion(): number {
    return this.#structures.version;
  }

  get phase(): ReplicaPhase {
    return this.#phase;
  }

  /** Whether an answer may be older than the moment that a record takes to come from the log. */
  get isBehind(): boolean {
    return this.#phase !== 'ready' || this.#hasNoRoom || this.#cutOff !== '' || !this.#covers(this.#heldAtFirst);
  }

  /** Why the replica failed, or why it cannot seal, go on or search by what was learned although it serves; empty when all is well. */
  get problem(): string {
    if (this.#phase === 'failed') return this.#problem;
    if (this.#cutOff !== '') return `it cannot hear the log and answers with what it has: ${this.#cutOff}`;
    if (this.#structures.problem !== '')
      return `it waits for the newest structure, and so do the records that need it: ${this.#structures.problem}`;
    if (!this.#hasNoRoom) return this.#problem === '' ? this.#parametersProblem : this.#problem;
    const held = `${Math.round(this.index.unsealedBytes / 2 ** 20)} MiB that are not sealed`;
    return `it reads no further in the log while ${held} are in memory${this.#problem === '' ? '' : `: ${this.#problem}`}`;
  }

  get #parametersProblem(): string {
    const why = this.#parameters.problem;
    return why === ''
      ? ''
      : `it searches without the learned parameters, which find more, as it cannot read them: ${why}`;
  }

  /** What failed it; null while it serves or will. */
  get failure(): ShoalError | null {
    return this.#failed;
  }

  /** Largest position applied of the shard's own subject. */
  get applied(): bigint {
    return this.index.applied(this.subject);
  }

  /** Largest position of the shard's own subject that a committed manifest covers. */
  get durable(): bigint {
    return this.index.durable(this.subject);
  }

  /**
   * Begins to follow the log and to keep the segments in order. DATA_LOSS when the log no longer has what the replica lacks: it would
   * serve with documents missing and not know it.
   */
  async start(): Promise<void> {
    const { clock, logger, sealAgeMs, maintainEveryMs } = this.#parts;
    this.#term = this.#parts.term();
    this.#consumer = this.#consume();
    await this.#checkFloors();
    this.#heldAtFirst = await this.#heldByLog();
    this.#maintenance = new Maintenance({
      index: this.index,
      isBehind: () => this.subjects.some((subject) => this.index.durable(subject) < this.index.applied(subject)),
      clock,
      sealAgeMs,
      everyMs: maintainEveryMs,
      onSealed: () => {
        this.#parts.onChange(this);
        this.#waiters.wake();
      },
      onHindrance: (error) => this.#hinder(error),
      onFailure: (error) => this.#fail(error),
    });
    this.#settle();
    this.#following = this.#follow().catch((error: unknown) => this.#fail(error));
    logger.debug({ uid: this.uid, shard: this.shard, applied: String(this.applied) }, 'replica opened');
  }

  /** The collection has a structure `version`: the index is to have it too. Returns at once. */
  followStructure(version: number): void {
    this.#structures.want(version);
  }

  /** Searches of the collection go by version `version` of its learned parameters, 0 = by none. Returns at once. */
  followParameters(version: number): void {
    this.#parameters.want(version);
  }

  hears(subject: string): boolean {
    return this.subjects.includes(subject);
  }

  /**
   * Resolves when the replica has applied `marks`. FAILED_PRECONDITION when it does not hear one of the subjects, DEADLINE_EXCEEDED
   * when it takes too long, UNAVAILABLE when it never will.
   */
  async waitApplied(marks: readonly SubjectMark[], deadline: Deadline): Promise<void> {
    const foreign = marks.find(({ subject }) => !this.hears(subject));
    if (foreign !== undefined) {
      const what = `shard ${this.shard} of collection ${this.uid} does not hear '${foreign.subject}'`;
      throw new ShoalError('FAILED_PRECONDITION', `${what}; refresh the shard map and ask again`);
    }
    await this.#waiters.until(() => {
      if (this.#covers(marks)) return true;
      this.checkServing();
      return false;
    }, deadline);
  }

  /** Looks whether the log still has what the replica lacks, as after a lapse of the node's lease; where it has not, the replica fails. */
  async checkLog(): Promise<void> {
    try {
      await this.#checkFloorsPatiently();
    } catch (error) {
      this.#fail(error);
      await this.#consumer?.close();
    }
  }

  /** Resolves when the replica is ready or failed, at the latest when `deadline` ends. */
  async waitSettled(deadline: Deadline): Promise<void> {
    while (this.#phase === 'loading' && !deadline.signal.aborted) await this.#waiters.next(deadline.signal);
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
    this.#waiters.wake();
    return this.durable;
  }

  /** Stops following, finishes background work and closes the index. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#consumer?.close();
    await this.#structures.close();
    await this.#parameters.close();
    await this.#following;
    await this.#maintenance?.close();
    await this.index.close();
  }

  #covers(marks: readonly SubjectMark[]): boolean {
    return marks.every(({ subject, sequence }) => this.index.applied(subject) >= sequence);
  }

  /** Hears every subject from its mark on; what another subject's mark covers already is skipped. */
  #consume(): LogConsumer {
    const marks = this.subjects.map((subject) => this.index.applied(subject));
    const after = marks.reduce((least, mark) => (mark < least ? mark : least));
    return this.#parts.log.consume(streamOf(this.uid), { subjects: this.subjects, after });
  }

  /** Until the replica is closed; a consumer that ends for want of the log is replaced, ever more slowly. */
  async #follow(): Promise<void> {
    const { clock, maintainEveryMs } = this.#parts;
    let retryMs = maintainEveryMs;
    while (!this.#stop.signal.aborted) {
      try {
        for await (const entry of this.#consumer!) {
          await this.#take(entry);
          retryMs = maintainEveryMs;
        }
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        const lost = ShoalError.from(error);
        if (lost.code !== 'UNAVAILABLE' && lost.code !== 'NOT_FOUND') throw error;
        this.#noteCutOff(lost);
      }
      // A stream that was dropped is created again above what the replica has, or its collection is gone and closes the replica.
      await sleep(clock, retryMs, this.#stop.signal);
      if (this.#stop.signal.aborted || this.#phase === 'failed') return;
      retryMs = Math.min(2 * retryMs, retryMsMax);
      await this.#consumer!.close();
      this.#consumer = this.#consume();
      await this.#checkFloorsPatiently();
      await this.#noteHeard();
    }
  }

  /** Asks what the log holds, now that it may be heard again; while it does not answer, the replica stays cut off. */
  async #noteHeard(): Promise<void> {
    try {
      this.#heldAtFirst = await this.#heldByLog();
      this.#noteCutOff(null);
    } catch (thrown) {
      const error = ShoalError.from(thrown);
      if (error.code !== 'UNAVAILABLE' && error.code !== 'NOT_FOUND' && error.code !== 'DEADLINE_EXCEEDED')
        throw thrown;
      this.#noteCutOff(error);
    }
  }

  #heldByLog(): Promise<readonly SubjectMark[]> {
    const heldOf = async (subject: string): Promise<SubjectMark> => ({
      subject,
      sequence: await this.#parts.log.lastSequence(streamOf(this.uid), subject),
    });
    return Promise.all(this.subjects.map(heldOf));
  }

  #noteCutOff(error: ShoalError | null): void {
    const why = error?.message ?? '';
    const fields = { uid: this.uid, shard: this.shard };
    if (error === null) this.#hindrances.end('log', { fields, message: 'replica hears the log again' });
    else this.#hindrances.note('log', error, { fields, message: 'replica lost the log and asks again' });
    const isTold = (this.#cutOff === '') === (why === '');
    this.#cutOff = why;
    if (!isTold) this.#parts.onChange(this);
  }

  async #take(entry: LogEntry): Promise<void> {
    if (this.index.unsealedBytes >= this.#parts.memoryBytesMax) await this.#waitForRoom();
    if (this.#stop.signal.aborted) return;
    // What the log no longer has is skipped without a word: only the floor tells.
    const term = this.#parts.term();
    if (term === null || term !== this.#term) await this.#checkFloorsPatiently();
    this.#term = term;
    const change = changeOf(entry);
    if (change.operation === 'upsert' && change.structure > this.structureVersion) {
      await this.#structures.reach(change.structure);
      if (this.#stop.signal.aborted) return;
    }
    await this.#apply(entry, change);
    if (this.#stop.signal.aborted) return;
    this.#settle();
    this.#waiters.wake();
  }

  async #waitForRoom(): Promise<void> {
    const isFull = (): boolean => this.index.unsealedBytes >= this.#parts.memoryBytesMax;
    this.#hasNoRoom = true;
    this.#parts.onChange(this);
    while (isFull() && !this.#stop.signal.aborted) await this.#waiters.next(this.#stop.signal);
    this.#hasNoRoom = false;
    this.#parts.onChange(this);
  }

  async #checkFloors(): Promise<void> {
    for (const subject of this.subjects) {
      const floor = await this.#parts.floor(subject);
      const applied = this.index.applied(subject);
      if (applied >= floor) continue;
      const has = `this node has the shard up to log position ${applied}, the log begins after ${floor}`;
      throw new ShoalError(
        'DATA_LOSS',
        `${has}; put the node's data folder back, or drop the collection and import it again`,
      );
    }
  }

  /** Asks until the registry answers: a record is applied only once its predecessors are known to be there. */
  async #checkFloorsPatiently(): Promise<void> {
    const { clock, maintainEveryMs } = this.#parts;
    const fields = { uid: this.uid, shard: this.shard };
    for (let retryMs = maintainEveryMs; !this.#stop.signal.aborted; retryMs = Math.min(2 * retryMs, retryMsMax)) {
      try {
        await this.#checkFloors();
        return this.#hindrances.end('floor', { fields, message: 'replica reads the truncation floor again' });
      } catch (thrown) {
        const error = ShoalError.from(thrown);
        if (error.code !== 'UNAVAILABLE' && error.code !== 'DEADLINE_EXCEEDED') throw thrown;
        this.#hindrances.note('floor', error, { fields, message: 'replica cannot read the truncation floor' });
        await sleep(clock, retryMs, this.#stop.signal);
      }
    }
  }

  async #apply(entry: LogEntry, change: LogChange): Promise<void> {
    if (change.operation !== 'upsert') return this.index.apply(entry, { superseded: change.entries });
    const prepared = await this.index.prepare({ documents: indexDocuments(change, this.#parts.weighting) });
    if (!this.#stop.signal.aborted) this.index.apply(entry, prepared);
  }

  #settle(): void {
    if (this.#phase !== 'loading' || !this.#covers(this.#heldAtFirst)) return;
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
    if (this.#phase === 'failed') return;
    this.#phase = 'failed';
    this.#failed = ShoalError.from(error);
    this.#problem = this.#failed.message;
    this.#parts.logger.error({ uid: this.uid, shard: this.shard, err: error }, 'replica failed');
    this.#waiters.wake();
    this.#parts.onChange(this);
  }

  #failure(): ShoalError {
    const where = `shard ${this.shard} of collection ${this.uid}`;
    return new ShoalError('UNAVAILABLE', `${where} cannot serve on this node: ${this.#problem}`);
  }
}
