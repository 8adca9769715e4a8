/** One seed from its first event to its last check. */
import { bufferOf } from '../../base/bytes.js';
import { AttributeType } from '../../proto/generated/shoal/v1/document.js';
import { CollectionsService, CreateCollectionRequest } from '../../proto/generated/shoal/v1/collections.js';
import { SimClient } from './client.js';
import { SimCluster } from './cluster.js';
import { dim, drawVector, untilName } from './content.js';
import { tellExpiryStory } from './expiry-story.js';
import { Faults } from './faults.js';
import { checkHealed } from './healed.js';
import { tellHoldStory } from './hold-story.js';
import { tellMoveStory } from './move-story.js';
import { Intents } from './intents.js';
import { operate } from './operations.js';
import { tellLateStory } from './late-story.js';
import { Oracle } from './oracle.js';
import { drawPlan, type Plan } from './plan.js';
import { search } from './searches.js';
import { tellSideStory } from './side-story.js';
import { Session, type Counts } from './session.js';
import { tellTrainStory } from './train-story.js';
import { SimProcess } from './sim/process.js';
import { Scheduler } from './sim/scheduler.js';

export interface SeedOptions {
  readonly seed: number;
  /** Operations at least. */
  readonly operations: number;
  /** Gets every line of the diary. */
  readonly print: ((line: string) => void) | null;
}

export interface SeedOutcome {
  readonly seed: number;
  /** What must never have happened; null when all went well. */
  readonly violation: string | null;
  /** Last lines of the diary, where something was wrong. */
  readonly diary: readonly string[];
  /** Sums up all that happened. */
  readonly hash: string;
  readonly counts: Counts;
  readonly faults: number;
  readonly faultsByKind: Readonly<Record<string, number>>;
  readonly events: number;
  /** Virtual time that passed. */
  readonly virtualMs: number;
}

/** Runs `seed`. One at a time in a process. */
export async function runSeed(options: SeedOptions): Promise<SeedOutcome> {
  const scheduler = new Scheduler(options.seed);
  const plan = drawPlan(scheduler.random, options.operations);
  const cluster = new SimCluster(scheduler, plan, options.print);
  const run = new Run(cluster, plan);
  const restore = takeOver(scheduler, cluster);
  let violation: string | null = null;
  try {
    await scheduler.run(() => run.all());
  } catch (error) {
    violation =
      error instanceof Error
        ? `${error.message}${error.name === 'Violation' ? '' : `\n${error.stack}`}`
        : String(error);
  } finally {
    restore();
  }
  return {
    seed: options.seed,
    violation,
    diary: violation === null ? [] : cluster.diary.lines,
    hash: scheduler.hash,
    counts: run.counts,
    faults: run.faults.injected,
    faultsByKind: run.faults.byKind,
    events: scheduler.events,
    virtualMs: scheduler.nowMs,
  };
}

/** Turns of Node's loop become events, and a promise that nobody looks at ends the run, as it would end a process. */
function takeOver(scheduler: Scheduler, cluster: SimCluster): () => void {
  const { setImmediate } = globalThis;
  const later = (task: (...values: unknown[]) => void, ...values: unknown[]): void =>
    void scheduler.after(0.01, () => task(...values));
  globalThis.setImmediate = later as unknown as typeof setImmediate;
  const onUnhandled = (error: unknown): void => {
    cluster.diary.say('!', String((error as Error).stack));
    cluster.diary.violation(`a rejection that nobody handles ends a process: ${String(error)}`);
  };
  process.on('unhandledRejection', onUnhandled);
  return () => {
    globalThis.setImmediate = setImmediate;
    process.off('unhandledRejection', onUnhandled);
  };
}

class Run {
  readonly #cluster: SimCluster;
  readonly faults: Faults;
  readonly #plan: Plan;
  readonly #oracles = new Map<string, Oracle>();
  readonly #intents: Intents;
  #session: Session | null = null;
  #nextFaultAt = 0;

  constructor(cluster: SimCluster, plan: Plan) {
    this.#cluster = cluster;
    this.faults = new Faults(cluster, plan.faultWeights, {
      decisions: (uid, committed) => this.#oracleOf(uid).loseDecisions(committed),
      end: (count) => this.#loseEnd(count),
    });
    this.#plan = plan;
    this.#intents = new Intents((what) => cluster.diary.violation(what));
    cluster.world.log.onStored = (stream, entry) => this.#oracleOf(stream).hear(entry);
  }

  get counts(): Counts {
    return this.#session?.counts ?? { operations: 0, calls: 0, failed: 0, byKind: {} };
  }

  async all(): Promise<void> {
    const { diary, scheduler } = this.#cluster;
    diary.say('plan', JSON.stringify(this.#plan));
    await this.#cluster.start();
    const session = await this.#create();
    this.#session = session;
    for (const machine of this.#cluster.shardNodes) machine.onServing = () => void this.#probe(session);
    const clients = Array.from({ length: this.#plan.clients }, (_, number) => this.#client(session, number));
    const isOver = (): boolean => session.counts.operations >= this.#plan.operations;
    const stories = [
      ...(this.#plan.hasSideStory ? [this.#sideStory(session, isOver)] : []),
      ...(this.#plan.hasHoldStory ? [tellHoldStory(session, isOver)] : []),
      ...(this.#plan.expires ? [tellExpiryStory(session, this.#newClient('expiry-story'), isOver)] : []),
      ...(this.#plan.trains ? [tellTrainStory(session, this.#newClient('train-story'), isOver)] : []),
      ...(this.#plan.moves ? [tellMoveStory(session, this.#newClient('mover'), isOver)] : []),
      ...(this.#plan.hasLateStory ? [tellLateStory(session, this.#newClient('late-story'), isOver)] : []),
    ];
    await Promise.all([...clients, ...stories]);
    diary.say('client', 'all operations are done; everything is healed');
    while (this.faults.injected < this.#plan.faults) this.faults.inject();
    await scheduler.sleep(500);
    this.#cluster.leaveLapsed();
    this.faults.healAll();
    await this.#cluster.until(() => !this.faults.isMending, 60_000, 'what was lost to be put back');
    await checkHealed(session, this.#newClient('checker'));
  }

  #loseEnd(count: number): () => void {
    const { uid } = this.#session!.collection;
    const last = this.#cluster.world.log.stream(uid).loseEnd(count);
    const end = this.#oracleOf(uid).loseEnd(last);
    this.#session!.loseEnd(last);
    this.#cluster.diary.say('fault', `the log ends at ${last}`);
    return end;
  }

  #newClient(name: string): SimClient {
    return new SimClient(new SimProcess(name, this.#cluster.scheduler), this.#cluster.world.network);
  }

  #oracleOf(stream: string): Oracle {
    const known = this.#oracles.get(stream);
    if (known !== undefined) return known;
    const oracle = new Oracle(stream, this.#intents);
    this.#oracles.set(stream, oracle);
    return oracle;
  }

  async #create(): Promise<Session> {
    const { lists, shards, partitions, replicas, ids, expires, trains } = this.#plan;
    const { scheduler, diary, coordinators } = this.#cluster;
    const centroids = Array.from({ length: lists }, () => drawVector(scheduler.random));
    const request = CreateCollectionRequest.fromPartial({
      name: 'things',
      model: 'none',
      dim,
      shards,
      replicas,
      attributes: {
        n: AttributeType.ATTRIBUTE_TYPE_INT64,
        tag: AttributeType.ATTRIBUTE_TYPE_STRING,
        flag: AttributeType.ATTRIBUTE_TYPE_BOOL,
      },
      ...(lists > 1 ? { centroids: Buffer.concat(centroids.map(bufferOf)) } : {}),
      directoryPartitions: partitions,
      ...(expires ? { expiresBy: untilName } : {}),
    });
    const client = this.#newClient('creator');
    const { answer, error } = await client.call(coordinators[0]!, CollectionsService.createCollection, request, 30_000);
    if (answer === null) {
      diary.violation(`a collection cannot be created: ${error.code}: ${error.message}`);
      throw error;
    }
    const uid = answer.collection?.settings?.uid ?? '';
    const names = Array.from({ length: ids }, (_, number) => `id-${number}`);
    const about = {
      name: 'things',
      uid,
      isAlias: false,
      oracle: this.#oracleOf(uid),
      centroids,
      isTrained: trains,
      expires,
    };
    return new Session({
      cluster: this.#cluster,
      intents: this.#intents,
      collection: about,
      ids: names,
      passages: this.#plan.passages,
    });
  }

  /** One client: one operation after another, at coordinators drawn anew for each. */
  async #client(session: Session, number: number): Promise<void> {
    const { coordinators, scheduler } = this.#cluster;
    const client = this.#newClient(`client-${number}`);
    while (session.counts.operations < this.#plan.operations) {
      const coordinator = coordinators[scheduler.random.below(coordinators.length)]!;
      const { failed } = session.counts;
      await operate(session, { client, coordinator }, this.#plan);
      this.#stir(session);
      // Who is turned away comes back later.
      const isFailing = session.counts.failed > failed;
      await scheduler.sleep(scheduler.random.unit() * (isFailing ? 400 : 30));
    }
  }

  /** Whoever has just begun to serve is asked at once, for all that there is. */
  async #probe(session: Session): Promise<void> {
    const { coordinators, scheduler } = this.#cluster;
    const client = this.#newClient('probe');
    for (let at = 0; at < 3; at += 1) {
      await scheduler.sleep(scheduler.random.unit() * 10);
      await search(
        session,
        { client, coordinator: coordinators[at % coordinators.length]! },
        false,
        session.ids.length,
      );
    }
  }

  #sideStory(session: Session, isOver: () => boolean): Promise<void> {
    return tellSideStory({
      cluster: this.#cluster,
      client: this.#newClient('side-story'),
      intents: this.#intents,
      oracleOf: (uid) => this.#oracleOf(uid),
      isOver,
      note: (operations) => (session.counts.operations += operations),
    });
  }

  /** Faults come in step with the operations, so that a run has all of them. */
  #stir({ counts }: Session): void {
    const { operations, faults } = this.#plan;
    if (counts.operations < this.#nextFaultAt || this.faults.injected >= faults) return;
    this.#nextFaultAt += operations / (faults + 1);
    if (this.#nextFaultAt > 0 && counts.operations > 0) this.faults.inject();
  }
}
