/**
 * The trainings that this coordinator is asked for, and those that nobody sees to. An order is written down before work begins and stays until
 * it has an outcome: callers may go away and come back, here or at another coordinator, and whichever coordinator notices an order without a
 * living claim takes it up. A dry run is its caller's alone: it is not written down, and ends with them.
 */
import { sleep, type Timer } from '../../base/clock.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { Hindrances } from '../../base/hindrances.js';
import { keys, orderedQueriesObject } from '../../cluster/keys.js';
import { collectionNamed } from '../../cluster/shard-map/cluster-map.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type {
  TrainingOutcome,
  TrainingRecord,
  TrainProgress,
  TrainRequest,
  TrainResponse,
} from '../../proto/generated/shoal/v1/training.js';
import { CarriedOrder, nothingYet, putState } from './carried-order.js';
import { AlreadyTraining, Claim } from './claim.js';
import { removeLeavings } from './publish.js';
import { carryOut, trainable, type TrainParts } from './train.js';
import {
  alreadyTraining,
  isSameOrder,
  isUnderWay,
  newRecord,
  putRecord,
  queriesOf,
  readRecord,
  resultOf,
} from './training-record.js';

/** How often orders that nobody sees to are looked for, the first time soon after the start. */
const lookEveryMs = 5_000;
const firstLookMs = 500;
/** How often the picture of the cluster is asked for news of a training that another coordinator carries out. */
const newsEveryMs = 500;

type SeededRequest = TrainRequest & { readonly seed: number };

/** A training of a collection that is ordered. */
export interface Ordered {
  readonly uid: string;
  readonly name: string;
  readonly number: number;
}

export class TrainingOrders {
  readonly #parts: TrainParts;
  readonly #hindrances: Hindrances;
  /** uid → what this coordinator carries out. */
  readonly #carried = new Map<string, CarriedOrder>();
  /** uid → the latest training whose leavings are known to be gone. */
  readonly #cleared = new Map<string, number>();
  #timer: Timer | null = null;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(parts: TrainParts) {
    this.#parts = parts;
    this.#hindrances = new Hindrances(parts);
    this.#schedule(firstLookMs);
  }

  /** Leaves what is under way to others, or to the next start. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#looking;
    await Promise.all([...this.#carried.values()].map((carried) => carried.close()));
  }

  /**
   * Trains as `request` says; progress first, the result last. Every refusal comes before the first progress. The same training that is under
   * way already is followed; AlreadyTraining for another one.
   */
  async *train(request: TrainRequest, deadline: Deadline): AsyncGenerator<TrainResponse> {
    if (request.dryRun) return yield* this.#try(request, deadline);
    const ordered = await this.order(request, deadline);
    yield { result: resultOf(yield* this.#untilOutcome(ordered, deadline)) };
  }

  /** Orders what `request` says, which is no dry run; resolves once it is written down. As of `train`. */
  async order(request: TrainRequest, deadline: Deadline): Promise<Ordered> {
    const settings = collectionNamed(this.#parts.view.current(), request.collection);
    const same = await this.#same(request, settings);
    if (same !== null) return same;
    const seeded = this.#seeded(request);
    await trainable(seeded, this.#parts, deadline);
    try {
      return await this.#order(seeded, settings);
    } catch (thrown) {
      if (!(thrown instanceof AlreadyTraining)) throw thrown;
      // Who came just before with an order writes that down at once.
      await sleep(this.#parts.clock, newsEveryMs, deadline.signal);
      const found = await this.#same(request, settings);
      if (found === null) throw thrown;
      return found;
    }
  }

  /** What is under way where that is what `request` asks for; null where nothing is, AlreadyTraining where it is something else. */
  async #same(request: TrainRequest, settings: CollectionSettings): Promise<Ordered | null> {
    const underWay = await this.#underWay(settings);
    if (underWay === null) return null;
    if (!isSameOrder(underWay, request)) throw this.#already(settings, underWay);
    return { uid: settings.uid, name: settings.name, number: underWay.number };
  }

  #seeded(request: TrainRequest): SeededRequest {
    return { ...request, seed: request.seed ?? this.#parts.newSeed() };
  }

  /** Ends the training of the collection `name` that is under way; false where there is none, or it was published just before. */
  async cancel(name: string, deadline: Deadline): Promise<boolean> {
    const { uid } = collectionNamed(this.#parts.view.current(), name);
    const { registry } = this.#parts;
    for (;;) {
      deadline.check();
      const found = await readRecord(uid, registry);
      if (found === null || !isUnderWay(found.record)) return false;
      const { number } = found.record;
      const condition = { key: keys.trainingRecord(uid), revision: found.revision };
      const write = putRecord(uid, { ...found.record, cancelled: true });
      if ((await registry.transact([condition], [write])) === null) continue;
      const steps = this.#untilOutcome({ uid, name, number }, deadline);
      while ((await steps.next()).done !== true);
      return true;
    }
  }

  /** Of a training that is under way, as the registry has it; null where there is none. */
  async #underWay({ uid }: CollectionSettings): Promise<TrainingRecord | null> {
    const found = await readRecord(uid, this.#parts.registry);
    return found !== null && isUnderWay(found.record) ? found.record : null;
  }

  #already(settings: CollectionSettings, record: TrainingRecord): AlreadyTraining {
    return alreadyTraining(settings, record, this.#parts);
  }

  /** Writes the order down and begins to carry it out. */
  async #order(request: SeededRequest, settings: CollectionSettings): Promise<Ordered> {
    if (this.#isClosed) throw stopping();
    const claim = await Claim.take(settings, this.#parts);
    let record: TrainingRecord | null = null;
    try {
      while (record === null) record = await this.#written(request, settings, claim);
    } finally {
      // Closed meanwhile: whoever runs next takes it up.
      if (record === null || this.#isClosed) await claim.end();
    }
    if (this.#isClosed) throw stopping();
    this.#carry({ settings, record, claim });
    return { uid: settings.uid, name: settings.name, number: record.number };
  }

  /** Null where the collection changed just then. NOT_FOUND where it was dropped. */
  async #written(request: SeededRequest, settings: CollectionSettings, claim: Claim): Promise<TrainingRecord | null> {
    const { uid } = settings;
    const { registry, objects, clock } = this.#parts;
    const [found, setting] = [await readRecord(uid, registry), await registry.get(keys.setting(uid))];
    if (setting === null) throw gone(settings);
    if (found !== null && isUnderWay(found.record)) throw this.#already(settings, found.record);
    const record = newRecord((found?.record.number ?? 0) + 1, request, clock.wallMs());
    if (record.queriesHash !== 0n) await objects.put(orderedQueriesObject(uid, record.number), queriesOf(request));
    const unchanged = [
      { key: keys.trainingRecord(uid), revision: found?.revision ?? 0n },
      { key: setting.key, revision: setting.revision },
    ];
    return (await claim.transact(unchanged, [putRecord(uid, record), putState(uid, claim)])) ? record : null;
  }

  #carry(taken: ConstructorParameters<typeof CarriedOrder>[0]): void {
    const { uid } = taken.settings;
    const carried = new CarriedOrder(taken, this.#parts);
    this.#carried.set(uid, carried);
    // Never rejects.
    void carried.ended.then(() => {
      if (this.#carried.get(uid) === carried) this.#carried.delete(uid);
    });
  }

  async *#try(asked: TrainRequest, deadline: Deadline): AsyncGenerator<TrainResponse> {
    const request = this.#seeded(asked);
    const ready = await trainable(request, this.#parts, deadline);
    const underWay = await this.#underWay(ready.settings);
    if (underWay !== null) throw this.#already(ready.settings, underWay);
    const claim = await Claim.take(ready.settings, this.#parts);
    try {
      const own = { ending: () => Promise.resolve({}), begun: () => Promise.resolve(), isLeft: () => false };
      const steps = carryOut({ ...ready, ...own, number: 0, node: '', request, claim }, this.#parts, deadline);
      const result = yield* told(steps);
      yield { result };
    } finally {
      await claim.end();
    }
  }

  /** What there is to say of a training, whoever carries it out, until it has ended; gives its outcome. */
  async *#untilOutcome(ordered: Ordered, deadline: Deadline): AsyncGenerator<TrainResponse, TrainingOutcome> {
    const { uid } = ordered;
    const { view, clock } = this.#parts;
    let last = nothingYet;
    for (;;) {
      deadline.check();
      const carried = this.#carried.get(uid);
      const changes = carried?.changes ?? 0;
      const record = this.#recordOf(ordered, carried);
      if (record?.outcome !== undefined) {
        // Only then is the collection free for another training.
        await carried?.ended;
        return record.outcome;
      }
      const progress = carried?.progress ?? view.current().trainingStates.get(uid)?.progress;
      if (progress !== undefined && !isEqual(progress, last)) yield { progress };
      last = progress ?? last;
      if (carried?.isOver === false) await carried.after(changes, deadline.signal);
      else if (this.#isClosed) throw stopping();
      else await sleep(clock, newsEveryMs, deadline.signal);
    }
  }

  /** Null while nothing is known of it here. NOT_FOUND once the collection is dropped, ABORTED when a later training has begun. */
  #recordOf({ uid, name, number }: Ordered, carried: CarriedOrder | undefined): TrainingRecord | null {
    const { settings, trainingRecords } = this.#parts.view.current();
    const record = carried?.record.number === number ? carried.record : trainingRecords.get(uid);
    if (record?.outcome === undefined && !settings.has(uid)) throw gone({ name });
    if (record === undefined || record.number < number) return null;
    if (record.number === number) return record;
    throw new ShoalError(
      'ABORTED',
      `another training of collection '${name}' has begun since; \`shoal codebooks\` lists results`,
    );
  }

  #schedule(ms: number): void {
    if (this.#isClosed) return;
    this.#timer = this.#parts.clock.after(ms, () => {
      this.#looking = this.#look().finally(() => this.#schedule(lookEveryMs));
    });
  }

  /** Takes up what nobody sees to, and removes what ended trainings have left where nobody came to it. Never rejects. */
  async #look(): Promise<void> {
    const { settings: all, trainingRecords, trainingStates } = this.#parts.view.current();
    for (const [uid, record] of trainingRecords) {
      if (trainingStates.has(uid) || this.#carried.has(uid)) continue;
      if (record.outcome !== undefined) {
        if (this.#cleared.get(uid) !== record.number) await removeLeavings(uid, record.number, this.#parts);
        this.#cleared.set(uid, record.number);
        continue;
      }
      const settings = all.get(uid);
      if (settings === undefined || this.#isClosed) continue;
      try {
        await this.#takeUp(settings);
        this.#hindrances.forget(uid);
      } catch (thrown) {
        const message = 'an interrupted training cannot be taken up for now';
        if (!(thrown instanceof AlreadyTraining))
          this.#hindrances.note(uid, ShoalError.from(thrown), { fields: { collection: settings.name }, message });
      }
    }
  }

  async #takeUp(settings: CollectionSettings): Promise<void> {
    const { uid, name } = settings;
    const claim = await Claim.take(settings, this.#parts);
    let isTaken = false;
    try {
      const found = await readRecord(uid, this.#parts.registry);
      if (found === null || !isUnderWay(found.record)) return;
      const condition = { key: keys.trainingRecord(uid), revision: found.revision };
      isTaken = await claim.transact([condition], [putState(uid, claim)]);
      if (!isTaken) return;
      const { number, request, attempts } = found.record;
      const fields = { uid, collection: name, number, method: request?.method, attempts };
      this.#parts.logger.info(fields, 'an interrupted training is taken up');
      this.#carry({ settings, record: found.record, claim });
    } finally {
      if (!isTaken) await claim.end();
    }
  }
}

async function* told<Result>(steps: AsyncGenerator<TrainProgress, Result>): AsyncGenerator<TrainResponse, Result> {
  let isDone = false;
  try {
    for (;;) {
      const next = await steps.next();
      isDone = next.done === true;
      if (next.done === true) return next.value;
      yield { progress: next.value };
    }
  } finally {
    // A caller who goes away ends what is under way.
    if (!isDone) await steps.return(undefined as never);
  }
}

function isEqual(one: TrainProgress, { step, share, node, resumedShare }: TrainProgress): boolean {
  return one.step === step && one.share === share && one.node === node && one.resumedShare === resumedShare;
}

function gone({ name }: Pick<CollectionSettings, 'name'>): ShoalError {
  return new ShoalError('NOT_FOUND', `collection '${name}' was dropped during its training`);
}

function stopping(): ShoalError {
  const how = 'ask for the same again to hear of it';
  return new ShoalError('UNAVAILABLE', `the coordinator is stopping; a training that is under way goes on, ${how}`);
}
