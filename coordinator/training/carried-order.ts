/**
 * One ordered training, as the coordinator that holds its claim carries it out: attempt after attempt until it has an outcome. What passes by
 * itself, such as a node that dies, is waited for; an attempt goes on from what the last one left. When this coordinator stops, the order
 * stays, and another one, or this one after a restart, takes it up.
 */
import { present } from '../../base/assert.js';
import { sleep } from '../../base/clock.js';
import { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { Hindrances } from '../../base/hindrances.js';
import { Waiters } from '../../base/waiters.js';
import { keys, orderedQueriesObject } from '../../cluster/keys.js';
import type { RegistryWrite } from '../../cluster/registry.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import {
  TrainingState,
  TrainRequest,
  type TrainingOutcome,
  type TrainingRecord,
  type TrainingWait,
  type TrainProgress,
  type TrainResult,
} from '../../proto/generated/shoal/v1/training.js';
import { ClaimLost, type Claim, type WrittenBeside } from './claim.js';
import { removeLeavings } from './publish.js';
import { carryOut, isPassing, trainable, TrainingCancelled, type TrainingTask, type TrainParts } from './train.js';
import { outcomeOf, putRecord, readRecord, type ReadRecord } from './training-record.js';

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
export const nothingYet: TrainProgress = { step: 'begins', share: 0, node: '', resumedShare: undefined };

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
  readonly #hindrances: Hindrances;
  /** Undefined while a node trains. */
  #waiting: TrainingWait | undefined;
  /** What came of it, where that could not be written down yet. */
  #outcome: TrainingOutcome | null = null;
  #progress = nothingYet;
  #changes = 0;
  #isOver = false;
  /** Whether what the node does is left to whoever tries next, here or elsewhere. */
  #isLeft = false;
  #toldMs = Number.NEGATIVE_INFINITY;

  /** Begins at once, and ends the claim. */
  constructor({ settings, record, claim }: TakenOrder, parts: TrainParts) {
    this.#uid = settings.uid;
    this.#name = settings.name;
    this.#record = record;
    this.#claim = claim;
    this.#parts = parts;
    this.#hindrances = new Hindrances(parts);
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
    let isDone = false;
    try {
      for (let wait = waitMs.least; !this.#stop.signal.aborted; wait = Math.min(2 * wait, waitMs.most)) {
        const hindrance = await this.#attempt();
        isDone = hindrance === null;
        if (hindrance === null) break;
        await this.#wait(hindrance);
        await this.#pause(wait);
      }
    } catch (thrown) {
      this.#parts.logger.warn({ ...this.#fields, err: thrown }, 'a training is left to others');
    }
    await this.#claim.end();
    if (isDone) await removeLeavings(this.#uid, this.#record.number, this.#parts);
    this.#isOver = true;
    this.#wake();
  }

  get #fields(): { readonly uid: string; readonly collection: string } {
    return { uid: this.#uid, collection: this.#name };
  }

  /** Says that it waits, and why. */
  async #wait(hindrance: ShoalError): Promise<void> {
    this.#hindrance = hindrance;
    this.#hindrances.note('waits', hindrance, {
      fields: this.#fields,
      message: 'a training waits, and is tried again',
    });
    const since = this.#waiting?.since ?? new Date(this.#parts.clock.wallMs());
    this.#waiting = { since, why: hindrance.message };
    this.#toldMs = Number.NEGATIVE_INFINITY;
    await this.#tell({ ...this.#progress, step: `waits: ${hindrance.message}`, node: '' });
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
    this.#isLeft = false;
    try {
      await this.#claim.check();
      await this.#standing();
      const outcome = (this.#outcome ??= await this.#carriedOut(deadline));
      // What is published was written down with that.
      await this.#update((record) => ({ ...record, outcome }));
      return null;
    } catch (thrown) {
      const error = ShoalError.from(thrown);
      if (error instanceof Replaced) return null;
      if (error instanceof ClaimLost || this.#stop.signal.aborted) throw error;
      return error;
    } finally {
      deadline.close();
    }
  }

  /** The outcome of an attempt. Throws what is to be tried again, and what makes it another's matter. */
  async #carriedOut(deadline: Deadline): Promise<TrainingOutcome> {
    const { clock } = this.#parts;
    try {
      refuseCancelled(this.#record);
      if (this.#record.attempts >= attemptsMax) throw givenUp(this.#hindrance);
      const result = await this.#through(carryOut(await this.#task(deadline), this.#parts, deadline));
      return outcomeOf({ result }, clock.wallMs());
    } catch (thrown) {
      const error = ShoalError.from(thrown);
      if (error instanceof Replaced || isPassing(error) || this.#stop.signal.aborted) throw error;
      return outcomeOf({ error }, clock.wallMs());
    }
  }

  /** The result of `steps`, which end with what hearing of them throws. */
  async #through(steps: AsyncGenerator<TrainProgress, TrainResult>): Promise<TrainResult> {
    let next = await steps.next();
    while (next.done !== true) {
      try {
        await this.#hear(next.value);
      } catch (thrown) {
        this.#isLeft = isPassing(ShoalError.from(thrown));
        await steps.return(undefined as never);
        throw thrown;
      }
      next = await steps.next();
    }
    return next.value;
  }

  async #task(deadline: Deadline): Promise<TrainingTask> {
    const request = await this.#request();
    const { settings, placement, documents } = await trainable(request, this.#parts, deadline);
    if (settings.uid !== this.#uid) throw new Replaced();
    return {
      ...{ number: this.#record.number, request, settings, placement, documents, claim: this.#claim },
      node: this.#record.node,
      ending: (result) => this.#ending(result),
      begun: (node) => this.#update((record) => ({ ...record, attempts: record.attempts + 1, node })),
      isLeft: () => this.#isLeft || this.#stop.signal.aborted,
    };
  }

  /** Only while nobody has cancelled it: whoever does later finds it published. */
  async #ending(result: TrainResult): Promise<WrittenBeside> {
    const { record, revision } = await this.#standing();
    refuseCancelled(record);
    const outcome = outcomeOf({ result }, this.#parts.clock.wallMs());
    const conditions = [{ key: keys.trainingRecord(this.#uid), revision }];
    return { conditions, writes: [putRecord(this.#uid, { ...record, outcome })] };
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
    if (seen?.number === this.#record.number) refuseCancelled(seen);
    const { resumedShare = this.#record.resumedShare } = progress;
    if (resumedShare !== this.#record.resumedShare) await this.#update((record) => resumedAt(record, resumedShare));
    if (this.#waiting !== undefined) this.#toldMs = Number.NEGATIVE_INFINITY;
    this.#waiting = undefined;
    this.#hindrances.end('waits', { fields: this.#fields, message: 'a training goes on that has waited' });
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

  /** Throws ClaimLost when somebody else may see to the training by now. */
  async #tell(progress: TrainProgress): Promise<void> {
    const { clock, logger } = this.#parts;
    this.#progress = progress;
    this.#wake();
    if (clock.monotonicMs() - this.#toldMs < tellEveryMs) return;
    this.#toldMs = clock.monotonicMs();
    try {
      await this.#claim.transact([], [putState(this.#uid, this.#claim, { progress, waiting: this.#waiting })]);
    } catch (error) {
      logger.debug({ err: error, uid: this.#uid }, 'the progress of a training could not be told');
      if (await this.#hasLost()) throw new ClaimLost(this.#name);
    }
  }

  /** The record as the registry has it. Throws Replaced where it has ended, or is gone. */
  async #standing(): Promise<ReadRecord> {
    const found = await readRecord(this.#uid, this.#parts.registry);
    if (found === null || found.record.number !== this.#record.number) throw new Replaced();
    this.#record = found.record;
    if (found.record.outcome !== undefined) throw new Replaced();
    return found;
  }

  /** Writes what `change` makes of the record. Throws Replaced where it has ended, or is gone. */
  async #update(change: (record: TrainingRecord) => TrainingRecord): Promise<void> {
    const key = keys.trainingRecord(this.#uid);
    for (;;) {
      const found = await this.#standing();
      const changed = change(found.record);
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
export function putState(
  uid: string,
  { lease }: Claim,
  state: TrainingState = { progress: nothingYet, waiting: undefined },
): RegistryWrite {
  const value = TrainingState.encode(state).finish();
  return { operation: 'put', key: keys.trainingState(uid), value, lease };
}

function refuseCancelled({ cancelled }: TrainingRecord): void {
  if (cancelled) throw new TrainingCancelled();
}

/** The record of a training whose latest attempt did not have to do `resumedShare` again; one that begins anew leaves more again from there. */
function resumedAt(record: TrainingRecord, resumedShare: number): TrainingRecord {
  return { ...record, resumedShare, attempts: resumedShare > record.resumedShare ? 1 : record.attempts };
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
