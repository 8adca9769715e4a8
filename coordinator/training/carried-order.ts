/**
 * One ordered training, as the coordinator that holds its claim carries it out: attempt after attempt until it has an outcome. What passes by
 * itself, such as a node that dies, is waited for; an attempt goes on from what the last one left. When this coordinator stops, the order
 * stays, and another one, or this one after a restart, takes it up.
 */
import { present } from '../../base/assert.js';
import { sleep } from '../../base/clock.js';
import { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { Waiters } from '../../base/waiters.js';
import { keys, orderedQueriesObject } from '../../cluster/keys.js';
import type { RegistryWrite } from '../../cluster/registry.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import {
  TrainingState,
  TrainRequest,
  type TrainingRecord,
  type TrainProgress,
  type TrainResult,
} from '../../proto/generated/shoal/v1/training.js';
import { ClaimLost, type Claim } from './claim.js';
import { removeLeavings } from './publish.js';
import { carryOut, trainable, type TrainingTask, type TrainParts } from './train.js';
import { outcomeOf, putRecord, readRecord } from './training-record.js';

/** Attempts that leave nothing more to go on from than there was: what ends its node each time is given up. */
const attemptsMax = 5;
const attemptMs = 24 * 3_600_000;
/** After an attempt that came to nothing, from the first to the last. */
const waitMs = { least: 1_000, most: 10_000 };
/** How often a wait asks whether the order still stands. */
const cancelledEveryMs = 500;
/** How often others hear of its progress. */
const tellEveryMs = 2_000;

/** Before any node has begun. */
export const nothingYet: TrainProgress = { step: 'begins', share: 0, node: '', resumedShare: 0 };

export interface TakenOrder {
  readonly settings: CollectionSettings;
  readonly record: TrainingRecord;
  readonly claim: Claim;
}

export class CarriedOrder {
  /** Resolves when this coordinator has nothing to do with it any more. */
  readonly ended: Promise<void>;
  readonly #uid: string;
  readonly #name: string;
  readonly #claim: Claim;
  readonly #parts: TrainParts;
  readonly #stop = new AbortController();
  readonly #news = new Waiters();
  #record: TrainingRecord;
  /** What the last attempt that ended came to. */
  #hindrance: ShoalError | null = null;
  #progress = nothingYet;
  #changes = 0;
  #isOver = false;
  /** Whether the claim is known to be somebody else's. */
  #isLost = false;
  #toldMs = Number.NEGATIVE_INFINITY;
  /** As it is once what was trained is published. */
  #published: TrainingRecord | null = null;

  /** Begins at once, and ends the claim. */
  constructor({ settings, record, claim }: TakenOrder, parts: TrainParts) {
    this.#uid = settings.uid;
    this.#name = settings.name;
    this.#record = record;
    this.#claim = claim;
    this.#parts = parts;
    this.ended = this.#run();
  }

  get record(): TrainingRecord {
    return this.#record;
  }

  get progress(): TrainProgress {
    return this.#progress;
  }

  /** Whether this coordinator has nothing to do with it any more: what became of it, the registry knows. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Counts what there was to say. */
  get changes(): number {
    return this.#changes;
  }

  /** Resolves when there is more to say than `changes`, or `signal` aborts. */
  async after(changes: number, signal: AbortSignal): Promise<void> {
    if (this.#changes === changes) await this.#news.next(signal);
  }

  /** Leaves it to whoever takes it up next. */
  async close(): Promise<void> {
    this.#stop.abort(new ShoalError('UNAVAILABLE', 'the coordinator is stopping; the training is taken up again'));
    await this.ended;
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { logger } = this.#parts;
    const fields = { uid: this.#uid, collection: this.#name };
    let isDone = false;
    try {
      for (let wait = waitMs.least; !this.#stop.signal.aborted; wait = Math.min(2 * wait, waitMs.most)) {
        const hindrance = await this.#attempt();
        isDone = hindrance === null;
        if (hindrance === null) break;
        this.#hindrance = hindrance;
        logger.warn({ ...fields, err: hindrance }, 'a training is interrupted, and taken up in a moment');
        const step = `waits: ${hindrance.message}`;
        await this.#tell({ ...this.#progress, step, node: '' });
        await this.#pause(wait);
      }
    } catch (thrown) {
      const error = ShoalError.from(thrown);
      logger.warn({ ...fields, err: error }, 'a training is left to others');
    }
    await this.#claim.end();
    if (isDone) await removeLeavings(this.#uid, this.#record.number, this.#parts);
    this.#isOver = true;
    this.#wake();
  }

  /** Waits, unless it is cancelled meanwhile. */
  async #pause(ms: number): Promise<void> {
    const { clock, view } = this.#parts;
    for (let left = ms; left > 0; left -= cancelledEveryMs) {
      const seen = view.current().trainingRecords.get(this.#uid);
      if (seen?.number === this.#record.number && seen.cancelled) return;
      await sleep(clock, Math.min(left, cancelledEveryMs), this.#stop.signal);
    }
  }

  /** What stands against it for now; null when it has an outcome. Throws when it is another's matter now. */
  async #attempt(): Promise<ShoalError | null> {
    const deadline = Deadline.after(this.#parts.clock, attemptMs, this.#stop.signal);
    try {
      await this.#claim.check();
      await this.#update((record) => record);
      this.#refuseCancelled(this.#record);
      if (this.#record.attempts >= attemptsMax) throw givenUp(this.#hindrance);
      await this.#finish(await this.#through(carryOut(await this.#task(deadline), this.#parts, deadline)));
      return null;
    } catch (thrown) {
      return await this.#afterFailure(ShoalError.from(thrown));
    } finally {
      deadline.close();
    }
  }

  /** The result of `steps`, which end with what hearing of them throws. */
  async #through(steps: AsyncGenerator<TrainProgress, TrainResult>): Promise<TrainResult> {
    let next = await steps.next();
    while (next.done !== true) {
      try {
        await this.#hear(next.value);
      } catch (thrown) {
        await steps.return(undefined as never);
        throw thrown;
      }
      next = await steps.next();
    }
    return next.value;
  }

  async #afterFailure(error: ShoalError): Promise<ShoalError | null> {
    if (error instanceof ClaimLost || this.#stop.signal.aborted) throw error;
    if (error instanceof Replaced) return null;
    if (error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED') return error;
    const outcome = outcomeOf({ error }, this.#parts.clock.wallMs());
    try {
      await this.#update((record) => ({ ...record, outcome }));
    } catch (thrown) {
      if (!(thrown instanceof Replaced)) return ShoalError.from(thrown);
    }
    return null;
  }

  /** What is published was written down with that. */
  async #finish(result: TrainResult): Promise<void> {
    if (result.published) {
      this.#record = this.#published ?? this.#record;
      return;
    }
    const outcome = outcomeOf({ result }, this.#parts.clock.wallMs());
    await this.#update((record) => ({ ...record, outcome }));
  }

  async #task(deadline: Deadline): Promise<TrainingTask> {
    const request = await this.#request();
    const { settings, placement, documents } = await trainable(request, this.#parts, deadline);
    if (settings.uid !== this.#uid) throw new Replaced();
    return {
      ...{ number: this.#record.number, request, settings, placement, documents, claim: this.#claim },
      ending: (result) => {
        const outcome = outcomeOf({ result }, this.#parts.clock.wallMs());
        this.#published = { ...this.#record, outcome };
        return [putRecord(this.#uid, this.#published)];
      },
      begun: () => this.#update((record) => ({ ...record, attempts: record.attempts + 1 })),
      isLeft: () => this.#isLost || this.#stop.signal.aborted,
    };
  }

  /** With the queries that it was ordered with. FAILED_PRECONDITION where they are gone. */
  async #request(): Promise<TrainingTask['request']> {
    const { number, request, queriesHash } = this.#record;
    const ordered = { ...present(request, 'the request of an order'), collection: this.#name };
    const seed = present(ordered.seed, 'the seed of an order');
    if (queriesHash === 0n) return { ...ordered, seed };
    const bytes = await this.#parts.objects.get(orderedQueriesObject(this.#uid, number));
    if (bytes === null)
      throw new ShoalError('FAILED_PRECONDITION', 'the queries of the training are not kept any more; train again');
    const { queries, relevant } = TrainRequest.decode(bytes);
    return { ...ordered, seed, queries, relevant };
  }

  async #hear(progress: TrainProgress): Promise<void> {
    const seen = this.#parts.view.current().trainingRecords.get(this.#uid);
    if (seen?.number === this.#record.number) this.#refuseCancelled(seen);
    if (progress.resumedShare > this.#record.resumedShare)
      await this.#update((record) => ({ ...record, attempts: 1, resumedShare: progress.resumedShare }));
    await this.#tell(progress);
  }

  async #hasLost(): Promise<boolean> {
    try {
      await this.#claim.check();
      return false;
    } catch (error) {
      return error instanceof ClaimLost;
    }
  }

  #refuseCancelled({ cancelled }: TrainingRecord): void {
    if (cancelled) throw new ShoalError('CANCELLED', 'the training was cancelled; what served before serves on');
  }

  /** Throws ClaimLost when somebody else may see to the training by now. */
  async #tell(progress: TrainProgress): Promise<void> {
    const { clock, logger } = this.#parts;
    this.#progress = progress;
    this.#wake();
    if (clock.monotonicMs() - this.#toldMs < tellEveryMs) return;
    this.#toldMs = clock.monotonicMs();
    try {
      await this.#claim.transact([], [putState(this.#uid, this.#claim, progress)]);
    } catch (error) {
      logger.debug({ err: error, uid: this.#uid }, 'the progress of a training could not be told');
      this.#isLost = await this.#hasLost();
      if (this.#isLost) throw new ClaimLost(this.#name);
    }
  }

  /** Writes what `change` makes of the record. Throws Replaced where it has ended, or is gone. */
  async #update(change: (record: TrainingRecord) => TrainingRecord): Promise<void> {
    const key = keys.trainingRecord(this.#uid);
    for (;;) {
      const found = await readRecord(this.#uid, this.#parts.registry);
      if (found === null || found.record.number !== this.#record.number) throw new Replaced();
      this.#record = found.record;
      if (found.record.outcome !== undefined) throw new Replaced();
      const changed = change(found.record);
      if (changed === found.record) return;
      if (!(await this.#claim.transact([{ key, revision: found.revision }], [putRecord(this.#uid, changed)]))) continue;
      this.#record = changed;
      return;
    }
  }

  #wake(): void {
    this.#changes += 1;
    this.#news.wake();
  }
}

/** The write that says that a coordinator sees to the training. */
export function putState(uid: string, { lease }: Claim, progress: TrainProgress = nothingYet): RegistryWrite {
  const value = TrainingState.encode({ progress }).finish();
  return { operation: 'put', key: keys.trainingState(uid), value, lease };
}

/** The record has an outcome, or is gone with its collection. */
class Replaced extends ShoalError {
  constructor() {
    super('ABORTED', 'the training has ended');
  }
}

function givenUp(last: ShoalError | null): ShoalError {
  const what = `${attemptsMax} attempts ended before they were done, and none of them left more than the one before`;
  const why = last === null ? 'the logs of the shard nodes say why' : `the last one: ${last.message}`;
  return new ShoalError('ABORTED', `${what}; ${why}; train again`);
}
