/**
 * The guard against a log that lost its end, for example one that was put back from a copy: docIds must never run backwards.
 *
 * Where the last position of a collection's log is below what a replica or a copy of its directory has on disk, or the log is gone,
 * this coordinator writes nothing to it; a record that was given a position below what nodes had before counts as lost, not as written.
 * Once all of them have everything that the log still holds, the log is raised above what they have. Before that, floors say how far
 * the best copy of each has come: one that has less cannot hear the rest any more, and fails or is built anew instead of going on with
 * a gap. The floor of the directory's subject is above all of them: what a directory decided and what shards hold of it need not fit
 * any more, so that it is built anew from the shards. All this is repeated until it is so, and does no harm when two coordinators do it:
 * the one with the smallest name does it only to spare the others the work.
 */
import { sleep, type Clock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import { Hindrances } from '../../base/hindrances.js';
import type { Logger } from '../../base/logger.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { directorySubject, keys, positionIn, positionValue, shardSubject, streamOf } from '../../cluster/keys.js';
import type { Registry } from '../../cluster/registry.js';
import {
  directoriesOf,
  directoryStatesOf,
  nodesOfKind,
  placementsOf,
  replicasOf,
  type ClusterMap,
} from '../../cluster/shard-map/cluster-map.js';
import { NodeKind } from '../../proto/generated/shoal/v1/cluster.js';

export interface LogGuardParts {
  /** This coordinator's name. */
  readonly id: string;
  readonly registry: Registry;
  readonly log: ChangeLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** After which what could not be looked at, or mended, is tried again. */
const retryMs = 1_000;

interface Broken {
  /** Last position of the log. */
  readonly last: bigint;
  /** The largest that a node has. */
  readonly reached: bigint;
}

export class LogGuard {
  readonly #parts: LogGuardParts;
  /** By uid, a position that the log is known to have given. */
  readonly #given = new Map<string, bigint>();
  readonly #broken = new Map<string, Broken>();
  /** By uid, the largest position that a node is known to have. */
  readonly #reached = new Map<string, bigint>();
  readonly #hindrances: Hindrances;
  readonly #stop = new AbortController();
  #retrying: Promise<void> | null = null;
  #newest: ClusterMap | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor(parts: LogGuardParts) {
    this.#parts = parts;
    this.#hindrances = new Hindrances(parts);
  }

  /** Throws UNAVAILABLE while the collection's log ends below what its nodes have. */
  checkWritable(uid: string): void {
    const broken = this.#broken.get(uid);
    if (broken === undefined) return;
    const what = `the log of the collection ends at position ${broken.last}, but nodes have it up to ${broken.reached}`;
    throw new ShoalError(
      'UNAVAILABLE',
      `${what}: it lost records; writes go on when all nodes have what is left of it`,
    );
  }

  /** The largest position that nodes are known to have by now; 0 when none is. */
  reachedBy(uid: string): bigint {
    return this.#reached.get(uid) ?? 0n;
  }

  /**
   * A record was given `sequence`, and nodes had `reached` before it was sent. Throws UNAVAILABLE where that cannot be: nobody who has
   * more will hear it.
   */
  checkGiven(uid: string, sequence: bigint, reached: bigint): void {
    if (sequence > reached) return;
    this.#break(uid, { last: sequence, reached });
    this.#retrying ??= this.#retry();
    this.checkWritable(uid);
  }

  /** Looks at `map`; resolves when every collection in it was looked at. A failure is tried again after a while. */
  follow(map: ClusterMap): Promise<void> {
    this.#newest = map;
    this.#work = this.#work.then(() => (this.#newest === map ? this.#lookAtAll(map) : undefined));
    return this.#work;
  }

  /** This coordinator was away from the registry: what it knew of logs may have changed. */
  forget(): void {
    this.#given.clear();
    this.#retrying ??= this.#retry();
  }

  /** Tries nothing again. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#retrying;
  }

  async #lookAtAll(map: ClusterMap): Promise<void> {
    for (const known of [this.#given, this.#broken, this.#reached]) {
      for (const uid of known.keys()) if (!map.settings.has(uid)) known.delete(uid);
    }
    let hasFailed = false;
    for (const uid of map.placements.keys()) {
      try {
        await this.#lookAt(map, uid);
      } catch (thrown) {
        hasFailed = true;
        const line = { fields: { uid }, message: 'log could not be looked at' };
        this.#hindrances.note('look', ShoalError.from(thrown), line);
      }
    }
    if (!hasFailed) this.#hindrances.end('look', { fields: {}, message: 'logs can be looked at again' });
    if (hasFailed || this.#broken.size > 0) this.#retrying ??= this.#retry();
  }

  async #retry(): Promise<void> {
    await sleep(this.#parts.clock, retryMs, this.#stop.signal);
    this.#retrying = null;
    const map = this.#newest;
    if (map !== null && !this.#stop.signal.aborted) void this.follow(map);
  }

  async #lookAt(map: ClusterMap, uid: string): Promise<void> {
    const known = larger(reachedBy(map, uid), this.reachedBy(uid));
    this.#reached.set(uid, known);
    const given = this.#given.get(uid);
    if (given !== undefined && known <= given && !this.#broken.has(uid)) return;
    // First, since it needs the log alone, and writes are to stop.
    const before = await this.#stateOf(uid);
    if (before !== null && before.last < known) this.#break(uid, { last: before.last, reached: known });
    // Written before the log is raised: where that did not come about, the directory waits for it.
    const floor = await this.#floorOf(directorySubject(uid));
    const reached = larger(known, floor);
    const state = await this.#stateOf(uid);
    if (state === null) return;
    const { last, entries } = state;
    this.#given.set(uid, larger(last, 0n));
    const broken = this.#broken.get(uid);
    // What directories append brings it above again, on positions that nodes have heard before: only a raise mends it.
    if (last >= reached && (broken === undefined || floor > broken.reached)) {
      if (this.#broken.delete(uid)) this.#parts.logger.info({ uid }, 'log is above what nodes have again');
      return;
    }
    if (last < reached) this.#break(uid, { last, reached });
    const isTakenUp = entries === 0 || (await this.#isTakenUp(map, uid, { last, floor }));
    if (this.#isFirst(map) && isTakenUp) await this.#raise(map, uid, larger(reached, last));
  }

  #break(uid: string, broken: Broken): void {
    if (!this.#broken.has(uid)) {
      const about = { uid, last: String(broken.last), reached: String(broken.reached) };
      this.#parts.logger.error(about, 'log ends below what nodes have; writes stop');
    }
    this.#broken.set(uid, broken);
  }

  /** null when the collection is gone. One that stands and has no log has lost all of it, as after a crash while it was raised. */
  async #stateOf(uid: string): Promise<{ readonly last: bigint; readonly entries: number } | null> {
    const { log, registry } = this.#parts;
    try {
      const { lastSequence, entries } = await log.state(streamOf(uid));
      return { last: lastSequence, entries };
    } catch (thrown) {
      if (ShoalError.from(thrown).code !== 'NOT_FOUND') throw thrown;
      return (await registry.get(keys.setting(uid))) === null ? null : { last: -1n, entries: 0 };
    }
  }

  async #raise(map: ClusterMap, uid: string, reached: bigint): Promise<void> {
    const { log, registry, logger } = this.#parts;
    const floor = reached + 1n;
    for (const { subject, position } of furthest(map, uid)) await this.#raiseFloor(uid, subject, position);
    await this.#raiseFloor(uid, directorySubject(uid), floor);
    await log.raiseStream(streamOf(uid), floor + 1n);
    // The collection may have been dropped at this moment, and its log with it, before it was raised.
    if ((await registry.get(keys.setting(uid))) === null) return await log.dropStream(streamOf(uid));
    this.#given.set(uid, floor);
    this.#broken.delete(uid);
    logger.warn({ uid, first: String(floor + 1n) }, 'log was raised above what nodes have');
  }

  async #floorOf(subject: string): Promise<bigint> {
    const entry = await this.#parts.registry.get(keys.floor(subject));
    return entry === null ? 0n : positionIn(entry.value);
  }

  /** Only beside settings that still stand, so that a dropped collection leaves nothing behind. */
  async #raiseFloor(uid: string, subject: string, floor: bigint): Promise<void> {
    const { registry } = this.#parts;
    const setting = await registry.get(keys.setting(uid));
    const known = await registry.get(keys.floor(subject));
    if (setting === null || floor <= (known === null ? 0n : positionIn(known.value))) return;
    const conditions = [
      { key: setting.key, revision: setting.revision },
      { key: keys.floor(subject), revision: known?.revision ?? 0n },
    ];
    const write = { operation: 'put', key: keys.floor(subject), value: positionValue(floor) } as const;
    if ((await registry.transact(conditions, [write])) !== null) return;
    throw new ShoalError('UNAVAILABLE', `the floor of '${subject}' was changed at this moment; it is looked at again`);
  }

  /**
   * Whether every node has on disk all that is left in the log, which ends at `last`. A directory below its `floor`, where the log is
   * below it too, waits for the raise.
   */
  async #isTakenUp(
    map: ClusterMap,
    uid: string,
    { last: lastSequence, floor }: { readonly last: bigint; readonly floor: bigint },
  ): Promise<boolean> {
    const { log } = this.#parts;
    const stream = streamOf(uid);
    for (const placement of placementsOf(map, uid)) {
      const last = await log.lastSequence(stream, shardSubject(uid, placement.generation, placement.shard));
      const replicas = replicasOf(map, placement);
      if (replicas.length < placement.nodes.length || replicas.some(({ durable }) => durable < last)) return false;
    }
    return directoriesOf(map, uid).every((placement) => {
      const states = directoryStatesOf(map, placement);
      return (
        states.length === placement.nodes.length &&
        states.every(({ committed }) => committed >= lastSequence || (committed < floor && lastSequence < floor))
      );
    });
  }

  #isFirst(map: ClusterMap): boolean {
    return nodesOfKind(map, NodeKind.NODE_KIND_COORDINATOR)[0]?.id === this.#parts.id;
  }
}

/** The largest log position that a node says it has on disk. */
function reachedBy(map: ClusterMap, uid: string): bigint {
  return furthest(map, uid)
    .map(({ position }) => position)
    .reduce(larger, 0n);
}

/** Of each subject, the position up to which the best replica has it on disk. */
function furthest(map: ClusterMap, uid: string): readonly { readonly subject: string; readonly position: bigint }[] {
  const shards = placementsOf(map, uid).map((each) => ({
    subject: shardSubject(uid, each.generation, each.shard),
    position: replicasOf(map, each)
      .map(({ durable }) => durable)
      .reduce(larger, 0n),
  }));
  const states = directoriesOf(map, uid).flatMap((each) => directoryStatesOf(map, each));
  const committed = states.map((state) => state.committed).reduce(larger, 0n);
  return [...shards, { subject: directorySubject(uid), position: committed }];
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
