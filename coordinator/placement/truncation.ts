/**
 * Truncation: what every replica has on disk in a committed manifest need not stay in the log.
 *
 * The floor of a subject is the smallest durable position among all replicas that the placement names; it is written to the
 * registry first, then the subject is purged up to and including it. A replica that is not there to say how far it is holds the
 * floor where it was.
 */
import type { Logger } from '../../base/logger.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { keys, shardSubject, streamOf } from '../../cluster/keys.js';
import type { Registry } from '../../cluster/registry.js';
import { replicasOf, type ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';

export class Truncation {
  readonly #parts: { readonly registry: Registry; readonly log: ChangeLog; readonly logger: Logger };
  readonly #floors = new Map<string, bigint>();
  #work: Promise<void> = Promise.resolve();

  constructor(parts: { readonly registry: Registry; readonly log: ChangeLog; readonly logger: Logger }) {
    this.#parts = parts;
  }

  /** Raises floors where `map` allows it; resolves when the log is purged accordingly. A failure is tried again at the next change. */
  follow(map: ClusterMap): Promise<void> {
    this.#work = this.#work.then(() => this.#raiseAll(map));
    return this.#work;
  }

  async #raiseAll(map: ClusterMap): Promise<void> {
    for (const shards of map.placements.values()) {
      for (const placement of shards.values()) {
        const floor = floorOf(map, placement);
        const subject = shardSubject(placement.uid, placement.generation, placement.shard);
        if (floor <= (this.#floors.get(subject) ?? 0n)) continue;
        try {
          await this.#raise(placement.uid, subject, floor);
        } catch (error) {
          this.#parts.logger.warn({ err: error, subject }, 'log could not be truncated');
        }
      }
    }
  }

  async #raise(uid: string, subject: string, floor: bigint): Promise<void> {
    const { registry, log } = this.#parts;
    const value = Buffer.from(String(floor));
    // Only beside a placement that still stands, so that a dropped collection leaves nothing behind.
    const setting = await registry.get(keys.setting(uid));
    if (setting === null) return;
    const condition = { key: setting.key, revision: setting.revision };
    const written = await registry.transact([condition], [{ operation: 'put', key: keys.floor(subject), value }]);
    if (written === null) return;
    await log.purge(streamOf(uid), subject, floor);
    this.#floors.set(subject, floor);
  }
}

/** The smallest durable position of all named replicas; 0 while one of them is silent. */
export function floorOf(map: ClusterMap, placement: ShardPlacement): bigint {
  const replicas = replicasOf(map, placement);
  if (replicas.length < placement.nodes.length || replicas.length === 0) return 0n;
  return replicas.reduce((least, { durable }) => (durable < least ? durable : least), replicas[0]!.durable);
}
