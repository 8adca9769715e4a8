/**
 * Truncation: what every replica has on disk in a committed manifest, and every copy of the directory in its store, need not stay in
 * the log.
 *
 * The floor of a shard's subject is the smallest durable position among the replicas that the placement names, that of the
 * directory's subject what its copies have committed, less what they remember write_ids of: one that loses its data learns from the log
 * which records are repeats. Neither is above what any copy of the directory has committed, nor above a hold. It is written to the
 * registry first, then the subject is purged up to and including it. A copy that is not there to say how far it is keeps the floor where
 * it was, for as long as it is placed.
 */
import type { Clock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import { Hindrances } from '../../base/hindrances.js';
import type { Logger } from '../../base/logger.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { directorySubject, keys, positionIn, positionValue, shardSubject, streamOf } from '../../cluster/keys.js';
import type { Registry, RegistryCondition } from '../../cluster/registry.js';
import {
  directoriesOf,
  directoryStatesOf,
  placementsOf,
  replicasOf,
  type ClusterMap,
} from '../../cluster/shard-map/cluster-map.js';
import { heldAt } from './holds.js';

/** What may be purged of a subject. */
export interface Floor {
  readonly subject: string;
  readonly position: bigint;
  /** Keys of the registry from which that follows. */
  readonly grounds: readonly string[];
}

export interface TruncationParts {
  readonly registry: Registry;
  readonly log: ChangeLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Truncation {
  readonly #parts: TruncationParts;
  /** By subject, what this coordinator knows to be purged. */
  readonly #floors = new Map<string, bigint>();
  readonly #hindrances: Hindrances;
  #newest: ClusterMap | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor(parts: TruncationParts) {
    this.#parts = parts;
    this.#hindrances = new Hindrances(parts);
  }

  /** Raises floors where `map` allows it; resolves when the log is purged accordingly. A failure is tried again at the next change. */
  follow(map: ClusterMap): Promise<void> {
    this.#newest = map;
    // A newer picture, which waits behind this one, holds all that this one does.
    this.#work = this.#work.then(() => (this.#newest === map ? this.#raiseAll(map) : undefined));
    return this.#work;
  }

  async #raiseAll(map: ClusterMap): Promise<void> {
    this.#forgetDropped(map);
    let hasFailed = false;
    for (const uid of map.placements.keys()) {
      for (const floor of floorsOf(map, uid)) {
        const { subject, position } = floor;
        if (position <= (this.#floors.get(subject) ?? 0n)) continue;
        try {
          await this.#raise(uid, floor, map.revision);
        } catch (thrown) {
          hasFailed = true;
          const line = { fields: { subject }, message: 'log could not be truncated' };
          this.#hindrances.note('purge', ShoalError.from(thrown), line);
        }
      }
    }
    if (!hasFailed) this.#hindrances.end('purge', { fields: {}, message: 'logs are truncated again' });
  }

  async #raise(uid: string, { subject, position: wanted, grounds }: Floor, asOf: bigint): Promise<void> {
    const { registry, log } = this.#parts;
    // Nothing was said there since, so that a purge would find nothing.
    if ((await log.lastSequence(streamOf(uid), subject)) <= (this.#floors.get(subject) ?? 0n)) return;
    // Only beside settings that still stand, so that a dropped collection leaves nothing behind; and a hold writes them again, so that
    // one that is placed at this moment is either seen here or makes this fail.
    const setting = await registry.get(keys.setting(uid));
    if (setting === null) return;
    const held = await heldAt(uid, registry);
    const known = await registry.get(keys.floor(subject));
    const before = known === null ? 0n : positionIn(known.value);
    const floor = held !== null && held < wanted ? held : wanted;
    if (floor > before) {
      const standing = await this.#standing(grounds, asOf);
      if (standing === null) return;
      const conditions: RegistryCondition[] = [
        ...standing,
        { key: setting.key, revision: setting.revision },
        { key: keys.floor(subject), revision: known?.revision ?? 0n },
      ];
      const value = positionValue(floor);
      const written = await registry.transact(conditions, [{ operation: 'put', key: keys.floor(subject), value }]);
      if (written === null) return;
    }
    const reached = floor > before ? floor : before;
    await log.purge(streamOf(uid), subject, reached);
    this.#floors.set(subject, reached);
  }

  /** That `keys` are as a picture of revision `asOf` has them; null when one was written or deleted since, which another picture will tell. */
  async #standing(keys: readonly string[], asOf: bigint): Promise<readonly RegistryCondition[] | null> {
    const entries = await Promise.all(keys.map((key) => this.#parts.registry.get(key)));
    const standing = entries.flatMap((entry) =>
      entry === null || entry.revision > asOf ? [] : [{ key: entry.key, revision: entry.revision }],
    );
    return standing.length === keys.length ? standing : null;
  }

  #forgetDropped(map: ClusterMap): void {
    for (const subject of this.#floors.keys()) {
      if (!map.placements.has(subject.split('.')[1] ?? '')) this.#floors.delete(subject);
    }
  }
}

/** What `map` allows to purge of each subject of the collection; 0 = nothing. */
export function floorsOf(map: ClusterMap, uid: string): readonly Floor[] {
  const partitions = directoriesOf(map, uid);
  const copies = partitions.map((each) => ({ states: directoryStatesOf(map, each), expected: each.nodes.length }));
  const committed = copies.map(({ states, expected }) =>
    least(
      states.map((state) => state.committed),
      expected,
    ),
  );
  const limit = least([...committed, ...holdsIn(map, uid)], committed.length === 0 ? Infinity : 0);
  const unneeded = copies.map(({ states, expected }) =>
    least(
      states.map((state) => state.rememberedAfter),
      expected,
    ),
  );
  const said = partitions.flatMap(({ partition, nodes }) => [
    keys.directory(uid, partition),
    ...nodes.map((node) => keys.directoryState(uid, partition, node)),
  ]);
  const shards = placementsOf(map, uid).map((each) => {
    const durable = least(
      replicasOf(map, each).map((replica) => replica.durable),
      each.nodes.length,
    );
    const position = durable < limit ? durable : limit;
    const own = each.nodes.map((node) => keys.replica(uid, each.shard, node));
    const grounds = [keys.placement(uid, each.shard), ...own, ...said];
    return { subject: shardSubject(uid, each.generation, each.shard), position, grounds };
  });
  return [...shards, { subject: directorySubject(uid), position: least([limit, ...unneeded], 0), grounds: said }];
}

/** The smallest of `positions`; 0 when there are fewer than `expected`, or none. */
function least(positions: readonly bigint[], expected: number): bigint {
  const [first, ...others] = positions;
  if (first === undefined || positions.length < expected) return 0n;
  return others.reduce((smallest, position) => (position < smallest ? position : smallest), first);
}

function holdsIn(map: ClusterMap, uid: string): readonly bigint[] {
  return [...map.holds].flatMap(([name, position]) => (name.startsWith(`${uid}/`) ? [position] : []));
}
