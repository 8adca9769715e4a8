/**
 * All replicas of this node: opened, closed and reported as the placements in the registry say.
 *
 * Changes are taken one after another, so that a shard is never opened twice; a replica that cannot be opened is reported as
 * failed with its reason, and the others go on. One whose data is lost, damaged, or older than the log, takes that of another node.
 */
import { join } from 'node:path';
import { ShoalError } from '../base/errors.js';
import type { Clock, Timer } from '../base/clock.js';
import type { Deadline } from '../base/deadline.js';
import { Hindrances } from '../base/hindrances.js';
import type { Logger } from '../base/logger.js';
import type { ChangeLog } from '../cluster/change-log.js';
import { codecObject, keys, positionIn } from '../cluster/keys.js';
import type { ObjectStore } from '../cluster/object-store.js';
import type { Standing } from '../cluster/membership/membership.js';
import type { Registry } from '../cluster/registry.js';
import type { Connections } from '../cluster/rpc/transport.js';
import {
  addressesOfReady,
  emptyClusterMap,
  replicasOf,
  stayOf,
  type ClusterMap,
} from '../cluster/shard-map/cluster-map.js';
import { ReplicaState, type ShardPlacement } from '../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../proto/generated/shoal/v1/collections.js';
import type { ShardRef } from '../proto/generated/shoal/v1/shard.js';
import { TokenCodec } from '../vector-index/codebook/token-codec.js';
import { diskError } from '../vector-index/durable-file.js';
import type { Files } from '../vector-index/files.js';
import { defaultShardIndexLimits } from '../vector-index/shard-index-limits.js';
import { ShardIndex } from '../vector-index/shard-index.js';
import type { ShardNodeConfig } from './config.js';
import { retryMsMax } from './ingest/maintenance.js';
import { Replica } from './replica.js';
import { replicaFolder } from './replica-folder.js';
import { StateReports } from './state-reports.js';
import { LearnedCodebooks } from './search/learned-codebooks.js';
import { givenVersion, readListStructure, trainedStructure } from './training/list-structures.js';
import { asideOf, copyReplica, discardUnfinished } from './transfer/copy-replica.js';

export interface ReplicaSetParts {
  readonly config: ShardNodeConfig;
  readonly registry: Registry;
  readonly log: ChangeLog;
  readonly objects: ObjectStore;
  readonly files: Files;
  /** To other nodes. */
  readonly connections: Pick<Connections, 'unary'>;
  /** Under whose lease replica states are reported, so that they vanish with the node. */
  readonly standing: Standing;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A replica that could not be opened. */
interface Failure {
  readonly placement: ShardPlacement;
  readonly problem: string;
  /** Set where another attempt may succeed without anybody's help. */
  readonly retry: Timer | null;
  readonly retryMs: number;
  readonly attempts: number;
}

interface Copy {
  /** Never rejects. */
  readonly done: Promise<void>;
  stop(): void;
}

/** A replica that is to be opened. */
interface Unopened {
  readonly place: string;
  readonly placement: ShardPlacement;
  readonly settings: CollectionSettings;
  /** Whether anything of it was found here. */
  readonly hasData: boolean;
}

/** Codes of failures that pass: no room on the disk, no word from log or registry, a log that is to be made anew. */
const passing: ReadonlySet<string> = new Set(['RESOURCE_EXHAUSTED', 'UNAVAILABLE', 'DEADLINE_EXCEEDED', 'NOT_FOUND']);

/** A replica holds at most so many times in memory what it seals at, and so much in any case. */
const memoryFactor = 8;
const memoryBytesMin = 64 * 2 ** 20;

export class ReplicaSet {
  readonly #parts: ReplicaSetParts;
  readonly #replicas = new Map<string, Replica>();
  /** Replicas that have moved to other nodes, and when they go. */
  readonly #leaving = new Map<string, Timer>();
  /** Data on their way from other nodes, for replicas that are among the failures. */
  readonly #copies = new Map<string, Copy>();
  /** Those that could not be opened; the map's changes do not try them again, since every report is a change to follow. */
  readonly #failures = new Map<string, Failure>();
  /** The newest: a shard that is opened later than it was placed is opened as its collection is by then. */
  #map: ClusterMap = emptyClusterMap;
  #work: Promise<void> = Promise.resolve();
  readonly #reports: StateReports;
  readonly #hindrances: Hindrances;
  /** What was learned for the codes of the collections here. */
  readonly learned: LearnedCodebooks;
  #isClosed = false;

  constructor(parts: ReplicaSetParts) {
    this.#parts = parts;
    this.learned = new LearnedCodebooks(parts);
    this.#reports = new StateReports(parts);
    this.#hindrances = new Hindrances(parts);
  }

  /** Takes up the placements of `map`; resolves when the replicas are opened and closed accordingly. */
  follow(map: ClusterMap): Promise<void> {
    this.#work = this.#work.then(() => this.#reconcile(map));
    return this.#work;
  }

  /**
   * The replica of `ref`. FAILED_PRECONDITION when this node does not hold the shard at that generation (refresh the map and ask
   * again), UNAVAILABLE when the replica failed.
   */
  replica(uid: string, ref: ShardRef | undefined): Replica {
    if (ref === undefined)
      throw new ShoalError('INVALID_ARGUMENT', 'the request names no shard; give shard and generation');
    const failure = this.#failures.get(placeOf(uid, ref.shard));
    if (failure !== undefined) {
      const where = `shard ${ref.shard} of collection ${uid}`;
      throw new ShoalError('UNAVAILABLE', `${where} cannot be opened on this node: ${failure.problem}`);
    }
    const replica = this.#replicas.get(placeOf(uid, ref.shard));
    if (replica === undefined || replica.generation !== ref.generation) {
      const what = `shard ${ref.shard} of collection ${uid} at generation ${ref.generation}`;
      throw new ShoalError(
        'FAILED_PRECONDITION',
        `this node does not hold ${what}; refresh the shard map and ask again`,
      );
    }
    replica.checkServing();
    return replica;
  }

  /** Resolves when every replica is ready or failed and has said so, at the latest when `deadline` ends. */
  async settled(deadline: Deadline): Promise<void> {
    await Promise.all([...this.#replicas.values()].map((replica) => replica.waitSettled(deadline)));
    await this.#reports.settled();
  }

  /** The node has a new lease: what still has its log says so under that one, what has lost it fails. Never rejects. */
  async renew(): Promise<void> {
    await Promise.all([...this.#replicas.values()].map((replica) => replica.checkLog()));
    this.#reports.repeat();
  }

  /** Reports no more, since states vanish with the lease, which may end as soon as this resolves; replicas go on. Idempotent. */
  leave(): Promise<void> {
    return this.#reports.leave();
  }

  /** Closes every replica; their data stays. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { stop } of this.#copies.values()) stop();
    for (const { retry } of this.#failures.values()) retry?.cancel();
    for (const timer of this.#leaving.values()) timer.cancel();
    await Promise.all([...this.#copies.values()].map(({ done }) => done));
    await this.#work;
    for (const replica of this.#replicas.values()) await replica.close();
    this.#replicas.clear();
    await this.#reports.leave();
  }

  async #reconcile(map: ClusterMap): Promise<void> {
    if (this.#isClosed) return;
    this.#map = map;
    const wanted = new Map<string, ShardPlacement>();
    for (const shards of map.placements.values()) {
      for (const placement of shards.values()) {
        if (placement.nodes.includes(this.#parts.config.id))
          wanted.set(placeOf(placement.uid, placement.shard), placement);
      }
    }
    for (const [place, replica] of this.#replicas) {
      const { placement } = replica;
      if (this.#isOfThisStay(placement, wanted.get(place))) continue;
      // One that has come back already begins anew, from what another node has.
      if (!wanted.has(place) && this.#isElsewhere(placement)) await this.#leave(place, replica);
      else await this.#drop(place, placement, replica);
    }
    for (const [place, { placement }] of this.#failures) {
      if (!this.#isOfThisStay(placement, wanted.get(place))) await this.#drop(place, placement);
    }
    for (const [place, placement] of wanted) {
      const settings = map.settings.get(placement.uid);
      const isKnown = this.#replicas.has(place) || this.#failures.has(place);
      if (settings === undefined) continue;
      if (!isKnown) await this.#open(place, placement, settings);
      const replica = this.#replicas.get(place);
      replica?.followStructure(settings.structureVersion);
      replica?.followParameters(settings.parametersVersion);
    }
  }

  /** Whether what was opened, or tried, for `held` is the replica that `wanted` places here. */
  #isOfThisStay(held: ShardPlacement, wanted: ShardPlacement | undefined): boolean {
    const { id } = this.#parts.config;
    return wanted !== undefined && stayOf(held, id) === stayOf(wanted, id);
  }

  /** A replica that has moved: those who have not heard of it still ask here. */
  async #leave(place: string, replica: Replica): Promise<void> {
    const { clock, config } = this.#parts;
    if (config.leaveAfterMs === 0) return this.#drop(place, replica.placement, replica);
    if (this.#leaving.has(place)) return;
    const go = async (): Promise<void> => {
      if (!this.#isClosed && this.#replicas.get(place) === replica) await this.#drop(place, replica.placement, replica);
    };
    const timer = clock.after(config.leaveAfterMs, () => {
      this.#work = this.#work.then(go);
    });
    this.#leaving.set(place, timer);
  }

  async #open(place: string, placement: ShardPlacement, settings: CollectionSettings): Promise<void> {
    let hasData = true;
    try {
      const index = await this.#openIndex(placement, settings);
      const replica = this.#newReplica(placement, settings, index);
      hasData = replica.applied > 0n;
      try {
        await replica.start();
      } catch (error) {
        await replica.close();
        throw error;
      }
      this.#failures.delete(place);
      const { uid, shard } = placement;
      this.#hindrances.end(place, { fields: { uid, shard }, message: 'replica is open' });
      this.#hindrances.forget(`copy of ${place}`);
      this.#replicas.set(place, replica);
    } catch (error) {
      this.#noteFailure({ place, placement, settings, hasData }, ShoalError.from(error));
    }
  }

  #noteFailure({ place, placement, settings, hasData }: Unopened, error: ShoalError): void {
    const { clock, logger, config } = this.#parts;
    const { uid, shard } = placement;
    const known = this.#failures.get(place);
    const retryMs = known === undefined ? config.maintainEveryMs : Math.min(2 * known.retryMs, retryMsMax);
    const isLost = error.code === 'DATA_LOSS' && this.#isElsewhere(placement);
    const again = (): void => void this.#again({ place, placement, settings, hasData }, isLost);
    const retry = (isLost || passing.has(error.code)) && !this.#isClosed ? clock.after(retryMs, again) : null;
    const problem = error.message;
    this.#failures.set(place, { placement, problem, retry, retryMs, attempts: (known?.attempts ?? -1) + 1 });
    const line = { fields: { uid, shard }, message: 'replica cannot be opened' };
    if (retry !== null && !isLost) this.#hindrances.note(place, error, line);
    else if (isLost && !hasData)
      logger.debug({ ...line.fields, why: problem }, 'replica takes the data of another node');
    else if (known?.problem !== problem) logger.error({ ...line.fields, err: error }, line.message);
    this.#report(placement, 'failed', { durable: 0n, problem });
  }

  /** Never rejects. What is lost is taken from another node, while what else this node holds goes on; then the replica is opened again. */
  async #again({ place, placement, settings }: Unopened, isLost: boolean): Promise<void> {
    if (isLost) {
      const copy = this.#copy(place, placement);
      this.#copies.set(place, copy);
      await copy.done;
      this.#copies.delete(place);
    }
    this.#work = this.#work.then(async () => {
      if (this.#isClosed || this.#failures.get(place)?.placement !== placement) return;
      await this.#open(place, placement, this.#map.settings.get(placement.uid) ?? settings);
    });
  }

  /** Whether another node has, or is to have, a replica of the shard. */
  #isElsewhere({ uid, shard }: Pick<ShardPlacement, 'uid' | 'shard'>): boolean {
    const nodes = this.#map.placements.get(uid)?.get(shard)?.nodes ?? [];
    return nodes.some((node) => node !== this.#parts.config.id);
  }

  #copy(place: string, placement: ShardPlacement): Copy {
    const stop = new AbortController();
    return { done: this.#copyFromOther(place, placement, stop.signal), stop: () => stop.abort() };
  }

  /** Never rejects: whoever opens the replica next finds out. */
  async #copyFromOther(place: string, placement: ShardPlacement, signal: AbortSignal): Promise<void> {
    const { config, logger } = this.#parts;
    const { uid, shard } = placement;
    const failure = this.#failures.get(place);
    const placed = this.#map.placements.get(uid)?.get(shard) ?? placement;
    const others = replicasOf(this.#map, placed).filter(({ node }) => node !== config.id);
    const addresses = addressesOfReady(this.#map, others);
    if (failure === undefined || addresses.length === 0) return;
    const address = addresses[failure.attempts % addresses.length]!;
    this.#report(placement, 'loading', {
      durable: 0n,
      problem: `its data is being copied from ${address}, since ${failure.problem}`,
    });
    const directory = this.#folderOf(placement);
    try {
      const bytesPerSecondMax = config.copyBytesPerSecondMax;
      const bytes = await copyReplica({ placement, address, directory, signal }, { ...this.#parts, bytesPerSecondMax });
      logger.info({ uid, shard, address, bytes }, 'data of a replica was copied from another node');
    } catch (error) {
      if (signal.aborted) return;
      const line = { fields: { uid, shard, address }, message: 'data of a replica cannot be copied from another node' };
      this.#hindrances.note(`copy of ${place}`, ShoalError.from(error), line);
    }
  }

  /** A replica whose data turned out to be damaged while it served takes that of another node. */
  async #replace(replica: Replica, unopened: Unopened): Promise<void> {
    const { place } = unopened;
    if (this.#isClosed || this.#leaving.has(place)) return;
    if (this.#replicas.get(place) !== replica || replica.failure === null) return;
    // Nothing may write into its folder any more when a copy begins.
    await replica.close();
    this.#replicas.delete(place);
    this.#noteFailure(unopened, replica.failure);
  }

  async #openIndex(placement: ShardPlacement, settings: CollectionSettings): Promise<ShardIndex> {
    const { config, clock, files } = this.#parts;
    const collection = join(config.dataDirectory, placement.uid);
    const codec = await this.#codec(settings.tokenCodec);
    const structure = await trainedStructure(this.#parts.objects, settings);
    try {
      await files.makeDirectory(collection);
      await files.syncDirectory(config.dataDirectory);
      await discardUnfinished(this.#folderOf(placement), files);
    } catch (error) {
      throw diskError(error, collection);
    }
    return ShardIndex.open({
      files,
      directory: this.#folderOf(placement),
      settings: { dim: settings.dim, tokenDim: settings.tokenDim },
      structure,
      codecs: (version) => (codec !== null && codec.version === version ? codec : null),
      ...(config.sealBytes === undefined ? {} : { limits: { mutableBytesMax: config.sealBytes } }),
      clock,
    });
  }

  #newReplica(placement: ShardPlacement, settings: CollectionSettings, index: ShardIndex): Replica {
    const { config, log, objects, clock, logger, standing } = this.#parts;
    const { uid, shard } = placement;
    const sealBytes = config.sealBytes ?? defaultShardIndexLimits.mutableBytesMax;
    return new Replica({
      placement,
      dim: settings.dim,
      index,
      weighting:
        settings.sparseWeighting === 'learned'
          ? { kind: 'learned' }
          : { kind: 'bm25', averageLength: settings.bm25AverageLength },
      givenStructure: givenVersion(settings),
      readStructure: (version) => readListStructure(objects, settings.uid, version),
      parametersProblem: (version) => this.learned.problemOf(settings.uid, version),
      log,
      clock,
      logger,
      sealAgeMs: config.sealAgeMs,
      maintainEveryMs: config.maintainEveryMs,
      memoryBytesMax: Math.max(memoryBytesMin, memoryFactor * sealBytes),
      floor: (subject) => this.#floor(subject),
      term: () => standing.term(),
      onChange: (changed) => {
        this.#report(placement, changed.phase, changed);
        if (changed.failure?.code === 'DATA_LOSS' && this.#isElsewhere(placement))
          this.#work = this.#work.then(() =>
            this.#replace(changed, { place: placeOf(uid, shard), placement, settings, hasData: true }),
          );
      },
    });
  }

  async #floor(subject: string): Promise<bigint> {
    const entry = await this.#parts.registry.get(keys.floor(subject));
    return entry === null ? 0n : positionIn(entry.value);
  }

  async #codec(version: string): Promise<TokenCodec | null> {
    if (version === '') return null;
    const bytes = await this.#parts.objects.get(codecObject(version));
    if (bytes === null) {
      throw new ShoalError(
        'FAILED_PRECONDITION',
        `token codec '${version}' is not in the object store; it was deleted or never stored`,
      );
    }
    return TokenCodec.parse(bytes);
  }

  /** Closes what is open of a shard that is no longer placed here, and removes its data and its state. */
  async #drop(place: string, gone: ShardPlacement, replica: Replica | null = null): Promise<void> {
    const { config, logger, files } = this.#parts;
    const { uid, shard } = gone;
    this.#replicas.delete(place);
    this.#leaving.get(place)?.cancel();
    this.#leaving.delete(place);
    this.#failures.get(place)?.retry?.cancel();
    this.#failures.delete(place);
    this.#hindrances.forget(place);
    this.#hindrances.forget(`copy of ${place}`);
    this.learned.forget(uid);
    try {
      const copy = this.#copies.get(place);
      copy?.stop();
      await copy?.done;
      await replica?.close();
      await this.#reports.withdraw(keys.replica(uid, shard, config.id));
      const folder = join(config.dataDirectory, uid);
      await files.removeDirectory(this.#folderOf(gone));
      await files.removeDirectory(asideOf(this.#folderOf(gone)));
      // A copy into it is about to make its own.
      const isCopying = [...this.#copies.keys()].some((each) => each.startsWith(`${uid}/`) && each !== place);
      if (!isCopying && (await files.list(folder)).length === 0) await files.removeDirectory(folder);
    } catch (error) {
      logger.error({ uid, shard, err: error }, 'what is left of a dropped shard cannot be removed');
    }
  }

  #folderOf(placement: ShardPlacement): string {
    const { config } = this.#parts;
    return join(
      config.dataDirectory,
      placement.uid,
      replicaFolder(placement.shard, stayOf(placement, config.id) ?? 0n),
    );
  }

  #report(
    placement: ShardPlacement,
    state: string,
    about: { readonly durable: bigint; readonly problem: string },
  ): void {
    const { uid, shard, generation } = placement;
    const node = this.#parts.config.id;
    const stay = stayOf(placement, node) ?? 0n;
    const { durable, problem } = about;
    const value = ReplicaState.encode({ uid, shard, node, state, generation, durable, problem, stay }).finish();
    this.#reports.tell(keys.replica(uid, shard, node), () => value);
  }
}

function placeOf(uid: string, shard: number): string {
  return `${uid}/${shard}`;
}
