/** What the clients of one simulated collection know together: the oracle, what was acknowledged, and how calls are judged. */
import type { ShoalError } from '../../base/errors.js';
import type { Random } from '../../base/random.js';
import { keys } from '../../cluster/keys.js';
import { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { SimCluster } from './cluster.js';
import type { ConditionalRequest } from './conditional-request.js';
import { expiryOf, untilName, type Attributes, type DrawnFilter } from './content.js';
import type { Intents } from './intents.js';
import type { Machine } from './machine.js';
import type { Oracle } from './oracle.js';
import { beginMs } from './sim/process.js';
import type { Version } from './version.js';

export interface Collection {
  /** Or an alias of it. */
  readonly name: string;
  readonly uid: string;
  readonly isAlias: boolean;
  readonly oracle: Oracle;
  /** Of its lists; one stands for a collection without a structure. */
  readonly centroids: readonly Float32Array[];
  /** Its lists come from trainings, and the model does not know them. */
  readonly isTrained: boolean;
  /** Documents expire by an attribute. */
  readonly expires: boolean;
}

/** How far a process's clock may be from the one by which an expiry is judged, milliseconds. */
const clockMs = 2;

/** How long what has expired is hidden before it is deleted, milliseconds. */
export const sweptAfterMs = 60_000;

/** What expires so late outlasts every simulation, milliseconds. */
export const lastingAfterMs = 36_000_000;

export interface SessionParts {
  readonly cluster: SimCluster;
  readonly intents: Intents;
  readonly collection: Collection;
  readonly ids: readonly string[];
  /** How many of four documents have several passages; 1 unless told. */
  readonly passages?: number;
}

/** Tallies of one run. */
export interface Counts {
  operations: number;
  calls: number;
  failed: number;
  readonly byKind: Record<string, number>;
}

export class Session {
  readonly cluster: SimCluster;
  readonly intents: Intents;
  readonly random: Random;
  readonly ids: readonly string[];
  readonly counts: Counts = { operations: 0, calls: 0, failed: 0, byKind: {} };
  readonly collection: Collection;
  #acknowledged = 0n;
  /** By start of a coordinator: the largest sequence that it has acknowledged. */
  readonly #floors = new Map<string, bigint>();
  /** By shard, the machines that hold it. */
  readonly #nodes = new Map<number, readonly Machine[]>();
  #writeIds = 0;
  /** Conditional writes of late, for whoever repeats one. */
  readonly conditionals: ConditionalRequest[] = [];

  /** How many of four documents have several passages. */
  readonly passages: number;

  constructor({ cluster, intents, collection, ids, passages = 1 }: SessionParts) {
    this.passages = passages;
    this.cluster = cluster;
    this.intents = intents;
    this.random = cluster.scheduler.random;
    this.collection = collection;
    this.ids = ids;
  }

  /** Whether the collection is asked for by another name. */
  get isAlias(): boolean {
    return this.collection.isAlias;
  }

  get oracle(): Oracle {
    return this.collection.oracle;
  }

  /** Largest sequence that any client was told. */
  get acknowledged(): bigint {
    return this.#acknowledged;
  }

  /** Whether an answer is of another collection: an alias is switched everywhere in its own time. */
  isElsewhere(uid: string): boolean {
    return uid !== this.collection.uid;
  }

  /** What a read through `coordinator` shows at least, whatever it asks for. */
  floorOf(coordinator: Machine): bigint {
    return this.#floors.get(incarnation(coordinator)) ?? 0n;
  }

  /** The log lost what came after `last`: nobody is promised more any longer. */
  loseEnd(last: bigint): void {
    if (this.#acknowledged > last) this.#acknowledged = last;
    this.#floors.clear();
  }

  acknowledge(coordinator: Machine, started: string, said: bigint): void {
    // More was said by a process that ended with the log's end.
    const sequence = said < this.oracle.lastSequence ? said : this.oracle.lastSequence;
    if (sequence > this.#acknowledged) this.#acknowledged = sequence;
    if (started === incarnation(coordinator) && sequence > this.floorOf(coordinator))
      this.#floors.set(started, sequence);
  }

  /** When the process of each machine began. */
  starts(): ReadonlyMap<string, number> {
    return new Map(this.cluster.shardNodes.map(({ name, startedMs }) => [name, startedMs]));
  }

  /**
   * When, by `starts`, the oldest process began that holds the shard of `subject`: all of them have applied what was there before.
   */
  startedMs(subject: string, starts: ReadonlyMap<string, number>): number {
    const shard = Number(subject.split('.').at(-1));
    let nodes = this.#nodes.get(shard);
    if (nodes === undefined) {
      const placement = this.cluster.world.registry.get(keys.placement(this.collection.uid, shard));
      const names = placement === null ? [] : ShardPlacement.decode(placement.value).nodes;
      nodes = this.cluster.shardNodes.filter(({ name }) => names.includes(name));
      this.#nodes.set(shard, nodes);
    }
    return Math.min(...nodes.map(({ name }) => starts.get(name) ?? 0));
  }

  /** Somebody was told that `version` is written, and that `sequence` shows it. */
  acknowledgeVersion(version: Version, sequence: bigint): void {
    if (version.acknowledgedMs < Infinity) return;
    version.acknowledgedMs = this.cluster.scheduler.nowMs;
    version.acknowledgedAt = sequence;
  }

  nextWriteId(): string {
    return `w${(this.#writeIds += 1)}`;
  }

  drawId(): string {
    // Some ids are asked for far more often than others, so that writes meet.
    const bound = this.random.below(3) === 0 ? Math.min(8, this.ids.length) : this.ids.length;
    return this.ids[this.random.below(bound)]!;
  }

  drawIds(count: number): string[] {
    const drawn = new Set<string>();
    for (let at = 0; at < count; at += 1) drawn.add(this.drawId());
    return [...drawn];
  }

  fail(what: string): void {
    this.cluster.diary.violation(what);
  }

  note(kind: string, operations: number, error: ShoalError | null): void {
    this.counts.operations += operations;
    this.counts.calls += 1;
    this.counts.byKind[kind] = (this.counts.byKind[kind] ?? 0) + operations;
    if (error === null) return;
    this.counts.failed += 1;
    this.cluster.diary.say('client', `${kind}: ${error.code}: ${error.message.slice(0, 160)}`);
    this.cluster.diary.judge(kind, error);
  }

  /** The wall clock of processes whose clock never jumped, milliseconds. */
  get wallMs(): number {
    return beginMs + this.cluster.scheduler.nowMs;
  }

  /** Nothing, or a time that comes soon, one that was so long ago that the document is swept soon, or one after everything. */
  drawUntil(): Attributes {
    if (!this.collection.expires || this.random.below(3) === 0) return {};
    const ms = [lastingAfterMs, 0, -sweptAfterMs][this.random.below(3)]!;
    return this.untilAfter(ms > 0 ? ms : ms + this.random.below(12_000) - 2_000);
  }

  /** A document expires `ms` from now. */
  untilAfter(ms: number): Attributes {
    return { [untilName]: Math.round(this.wallMs + ms) };
  }

  /** Whether a reader may find `version` expired by now. */
  mayBeExpired({ attributes }: Version): boolean {
    return expiryOf(attributes) <= this.wallMs + clockMs;
  }

  /** What a reader who asked at `sinceMs`, wall time, may see of `id` at a position from `from` on; null = nothing. Newest first. */
  statesOf(id: string, from: bigint, sinceMs: number): (Version | null)[] {
    const states = this.oracle.between(id, from, this.oracle.lastSequence);
    if (!this.collection.expires) return states;
    const seen = states.flatMap((state) => {
      if (state === null || !this.mayBeExpired(state)) return [state];
      return expiryOf(state.attributes) <= sinceMs - clockMs ? [null] : [state, null];
    });
    return [...new Set(seen)];
  }

  /** Fails unless `docId` is what a reader who asked at `sinceMs` may see of `id` from `from` on. */
  checkAllowed(
    what: string,
    { id, docId }: { readonly id: string; readonly docId: bigint | null },
    from: bigint,
    sinceMs: number,
  ): Version | null {
    const states = this.statesOf(id, from, sinceMs);
    const found = states.find((state) => (state?.docId ?? null) === docId);
    if (found !== undefined) return found;
    const allowed = states.map((state) => state?.docId ?? 'absent').join(', ');
    this.fail(`${what} shows '${id}' as ${docId ?? 'absent'}; since ${from} it was ${allowed}`);
    return null;
  }

  /**
   * How many documents that match a count of shards may give. One that is written at this moment may count in every place where a
   * version of it lies, or in none.
   */
  bounds(filter: DrawnFilter, from: bigint, sinceMs: number): { readonly least: number; readonly most: number } {
    let [least, most] = [0, 0];
    for (const id of this.oracle.ids()) {
      const states = this.statesOf(id, from, sinceMs);
      const matching = states.filter((state) => state !== null && filter.matches(state.attributes)).length;
      most += matching;
      if (matching === 1 && states.length === 1) least += 1;
    }
    return { least, most };
  }
}

/** Names one life of a process. */
export function incarnation(machine: Machine): string {
  return `${machine.name}#${machine.starts}`;
}
