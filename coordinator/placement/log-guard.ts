/**
 * The guard against a log that lost its end, for example one that was put back from a copy: docIds must never run backwards.
 *
 * Where the last position of a collection's log is below what a replica or a copy of its directory has on disk, this coordinator
 * writes nothing to it. Once all of them have everything that the log still holds, the coordinator with the smallest name opens the
 * log anew above what they have.
 */
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { shardSubject, streamOf } from '../../cluster/keys.js';
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
  readonly log: ChangeLog;
  readonly logger: Logger;
}

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
  #newest: ClusterMap | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor(parts: LogGuardParts) {
    this.#parts = parts;
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

  /** Looks at `map`; resolves when every collection in it was looked at. A failure is tried again at the next change. */
  follow(map: ClusterMap): Promise<void> {
    this.#newest = map;
    this.#work = this.#work.then(() => (this.#newest === map ? this.#lookAtAll(map) : undefined));
    return this.#work;
  }

  async #lookAtAll(map: ClusterMap): Promise<void> {
    for (const known of [this.#given, this.#broken]) {
      for (const uid of known.keys()) if (!map.settings.has(uid)) known.delete(uid);
    }
    for (const uid of map.placements.keys()) {
      try {
        await this.#lookAt(map, uid);
      } catch (thrown) {
        const error = ShoalError.from(thrown);
        // A collection that is being dropped has no log any more.
        if (error.code !== 'NOT_FOUND') this.#parts.logger.warn({ err: error, uid }, 'log could not be looked at');
      }
    }
  }

  async #lookAt(map: ClusterMap, uid: string): Promise<void> {
    const reached = reachedBy(map, uid);
    if (reached <= (this.#given.get(uid) ?? 0n)) return;
    const { lastSequence: last } = await this.#parts.log.state(streamOf(uid));
    this.#given.set(uid, last);
    if (last >= reached) {
      if (this.#broken.delete(uid)) this.#parts.logger.info({ uid }, 'log is above what nodes have again');
      return;
    }
    if (!this.#broken.has(uid)) {
      const about = { uid, last: String(last), reached: String(reached) };
      this.#parts.logger.error(about, 'log ends below what nodes have; writes stop');
    }
    this.#broken.set(uid, { last, reached });
    if (this.#isFirst(map) && (await this.#isTakenUp(map, uid))) await this.#reopen(uid, reached);
  }

  async #reopen(uid: string, reached: bigint): Promise<void> {
    const { log, logger } = this.#parts;
    await log.dropStream(streamOf(uid));
    await log.createStream(streamOf(uid), reached + 1n);
    this.#given.set(uid, reached);
    this.#broken.delete(uid);
    logger.warn({ uid, first: String(reached + 1n) }, 'log was opened anew above what nodes have');
  }

  /** Whether every node has on disk all that is left in the log. */
  async #isTakenUp(map: ClusterMap, uid: string): Promise<boolean> {
    const { log } = this.#parts;
    const stream = streamOf(uid);
    const { lastSequence, entries } = await log.state(stream);
    if (entries === 0) return true;
    for (const placement of placementsOf(map, uid)) {
      const last = await log.lastSequence(stream, shardSubject(uid, placement.generation, placement.shard));
      const replicas = replicasOf(map, placement);
      if (replicas.length < placement.nodes.length || replicas.some(({ durable }) => durable < last)) return false;
    }
    return directoriesOf(map, uid).every((placement) => {
      const states = directoryStatesOf(map, placement);
      return states.length === placement.nodes.length && states.every(({ committed }) => committed >= lastSequence);
    });
  }

  #isFirst(map: ClusterMap): boolean {
    return nodesOfKind(map, NodeKind.NODE_KIND_COORDINATOR)[0]?.id === this.#parts.id;
  }
}

/** The largest log position that a node says it has on disk. */
function reachedBy(map: ClusterMap, uid: string): bigint {
  const durable = placementsOf(map, uid).flatMap((each) => replicasOf(map, each).map((replica) => replica.durable));
  const committed = directoriesOf(map, uid).flatMap((each) =>
    directoryStatesOf(map, each).map((state) => state.committed),
  );
  return [...durable, ...committed].reduce((largest, position) => (position > largest ? position : largest), 0n);
}
