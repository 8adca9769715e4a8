/**
 * All replicas of this node: opened, closed and reported as the placements in the registry say.
 *
 * Changes are taken one after another, so that a shard is never opened twice; a replica that cannot be opened is reported as
 * failed with its reason, and the others go on.
 */
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ShoalError } from '../base/errors.js';
import type { Clock } from '../base/clock.js';
import type { Deadline } from '../base/deadline.js';
import type { Logger } from '../base/logger.js';
import type { ChangeLog } from '../cluster/change-log.js';
import { codecObject, keys } from '../cluster/keys.js';
import type { ObjectStore } from '../cluster/object-store.js';
import type { Lease, Registry } from '../cluster/registry.js';
import type { ClusterMap } from '../cluster/shard-map/cluster-map.js';
import { ReplicaState, type ShardPlacement } from '../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../proto/generated/shoal/v1/collections.js';
import type { ShardRef } from '../proto/generated/shoal/v1/shard.js';
import { TokenCodec } from '../vector-index/codebook/token-codec.js';
import { ShardIndex } from '../vector-index/shard-index.js';
import type { ShardNodeConfig } from './config.js';
import { Replica } from './replica.js';

export interface ReplicaSetParts {
  readonly config: ShardNodeConfig;
  readonly registry: Registry;
  readonly log: ChangeLog;
  readonly objects: ObjectStore;
  /** Under which replica states are reported, so that they vanish with the node. */
  readonly lease: Lease;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class ReplicaSet {
  readonly #parts: ReplicaSetParts;
  readonly #replicas = new Map<string, Replica>();
  /** Those that could not be opened; not tried again before the node restarts, since every report is a change to follow. */
  readonly #failures = new Map<string, { readonly placement: ShardPlacement; readonly problem: string }>();
  #work: Promise<void> = Promise.resolve();
  #reports: Promise<void> = Promise.resolve();
  #isClosed = false;
  #isLeaving = false;

  constructor(parts: ReplicaSetParts) {
    this.#parts = parts;
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
    await this.#reports;
  }

  /** Reports no more, since states vanish with the lease, which may end as soon as this resolves; replicas go on. Idempotent. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    await this.#reports;
  }

  /** Closes every replica; their data stays. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#work;
    for (const replica of this.#replicas.values()) await replica.close();
    this.#replicas.clear();
    await this.#reports;
  }

  async #reconcile(map: ClusterMap): Promise<void> {
    if (this.#isClosed) return;
    const wanted = new Map<string, ShardPlacement>();
    for (const shards of map.placements.values()) {
      for (const placement of shards.values()) {
        if (placement.nodes.includes(this.#parts.config.id))
          wanted.set(placeOf(placement.uid, placement.shard), placement);
      }
    }
    for (const [place, replica] of this.#replicas) {
      if (!wanted.has(place)) await this.#drop(place, replica);
    }
    for (const [place, { placement }] of this.#failures) {
      if (!wanted.has(place)) await this.#drop(place, placement);
    }
    for (const [place, placement] of wanted) {
      const settings = map.settings.get(placement.uid);
      const isKnown = this.#replicas.has(place) || this.#failures.has(place);
      if (!isKnown && settings !== undefined) await this.#open(place, placement, settings);
    }
  }

  async #open(place: string, placement: ShardPlacement, settings: CollectionSettings): Promise<void> {
    try {
      const index = await this.#openIndex(placement, settings);
      const replica = this.#newReplica(placement, settings, index);
      try {
        await this.#checkFloor(replica);
        await replica.start();
      } catch (error) {
        await replica.close();
        throw error;
      }
      this.#replicas.set(place, replica);
    } catch (error) {
      const problem = ShoalError.from(error).message;
      this.#parts.logger.error({ uid: placement.uid, shard: placement.shard, err: error }, 'replica cannot be opened');
      this.#failures.set(place, { placement, problem });
      this.#report(placement, 'failed', { durable: 0n, problem });
    }
  }

  async #openIndex(placement: ShardPlacement, settings: CollectionSettings): Promise<ShardIndex> {
    const { config, clock } = this.#parts;
    const directory = join(config.dataDirectory, placement.uid, String(placement.shard));
    await mkdir(directory, { recursive: true });
    const codec = await this.#codec(settings.tokenCodec);
    return ShardIndex.open({
      directory,
      settings: { dim: settings.dim, tokenDim: settings.tokenDim },
      codecs: (version) => (codec !== null && codec.version === version ? codec : null),
      ...(config.sealBytes === undefined ? {} : { limits: { mutableBytesMax: config.sealBytes } }),
      clock,
    });
  }

  #newReplica(placement: ShardPlacement, settings: CollectionSettings, index: ShardIndex): Replica {
    const { config, log, clock, logger } = this.#parts;
    return new Replica({
      placement,
      dim: settings.dim,
      index,
      weighting:
        settings.sparseWeighting === 'learned'
          ? { kind: 'learned' }
          : { kind: 'bm25', averageLength: settings.bm25AverageLength },
      log,
      clock,
      logger,
      sealAgeMs: config.sealAgeMs,
      maintainEveryMs: config.maintainEveryMs,
      onChange: (changed) => this.#report(placement, changed.phase, changed),
    });
  }

  /** A replica that lacks what the log no longer has would serve with documents missing and not know it. */
  async #checkFloor(replica: Replica): Promise<void> {
    const entry = await this.#parts.registry.get(keys.floor(replica.subject));
    const floor = entry === null ? 0n : BigInt(Buffer.from(entry.value).toString('utf8'));
    if (replica.applied >= floor) return;
    const has = `this node has the shard up to log position ${replica.applied}, the log begins after ${floor}`;
    throw new ShoalError(
      'DATA_LOSS',
      `${has}; put the node's data folder back, or drop the collection and import it again`,
    );
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
  async #drop(place: string, gone: Replica | ShardPlacement): Promise<void> {
    const { config, registry, logger } = this.#parts;
    const { uid, shard } = gone;
    this.#replicas.delete(place);
    this.#failures.delete(place);
    try {
      if (gone instanceof Replica) await gone.close();
      // A report under way would bring the state back.
      await this.#reports;
      await registry.transact([], [{ operation: 'delete', key: keys.replica(uid, shard, config.id) }]);
      const folder = join(config.dataDirectory, uid);
      await rm(join(folder, String(shard)), { recursive: true, force: true });
      if ((await readdir(folder)).length === 0) await rmdir(folder);
    } catch (error) {
      logger.error({ uid, shard, err: error }, 'what is left of a dropped shard cannot be removed');
    }
  }

  /** Tells the registry, one report after another, so that the last one told is the last one true. */
  #report(
    placement: ShardPlacement,
    state: string,
    about: { readonly durable: bigint; readonly problem: string },
  ): void {
    if (this.#isLeaving) return;
    const { config, registry, lease, logger } = this.#parts;
    const value = ReplicaState.encode({
      uid: placement.uid,
      shard: placement.shard,
      node: config.id,
      state,
      generation: placement.generation,
      durable: about.durable,
      problem: about.problem,
    }).finish();
    const key = keys.replica(placement.uid, placement.shard, config.id);
    this.#reports = this.#reports
      .then(() => registry.transact([], [{ operation: 'put', key, value, lease }]))
      .then(
        () => undefined,
        (error: unknown) => logger.warn({ err: error, key }, 'replica state could not be reported'),
      );
  }
}

function placeOf(uid: string, shard: number): string {
  return `${uid}/${shard}`;
}
