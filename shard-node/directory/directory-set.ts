/**
 * All directory partitions of this node: opened, closed and reported as the placements in the registry say.
 *
 * Changes are taken one after another, so that a partition is never opened twice. Data lie beside those of shards, in
 * `UID/directory-PARTITION`.
 */
import { join } from 'node:path';
import type { Clock } from '../../base/clock.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { keys, positionIn } from '../../cluster/keys.js';
import type { Standing } from '../../cluster/membership/membership.js';
import type { Registry } from '../../cluster/registry.js';
import type { Connections } from '../../cluster/rpc/transport.js';
import { emptyClusterMap, type ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import { DirectoryState, type DirectoryPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { Files } from '../../vector-index/files.js';
import type { ShardNodeConfig } from '../config.js';
import { DirectoryPartition } from './directory-partition.js';
import type { DirectoryStore } from './store/directory-store.js';
import { ListRoutes } from './list-routes.js';
import { otherCopies } from './rebuild/other-copies.js';
import { RunDirectoryStore } from './store/run-directory-store.js';
import { shardRows } from './rebuild/shard-rows.js';
import { StateReports } from '../state-reports.js';

/** Entries after which a commit does not wait for its time. */
const commitEntries = 32_768;

export interface DirectorySetParts {
  readonly config: ShardNodeConfig;
  readonly registry: Registry;
  readonly log: ChangeLog;
  readonly files: Files;
  /** To other nodes. */
  readonly connections: Connections;
  /** Under whose lease states are reported, so that they vanish with the node. */
  readonly standing: Standing;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Held {
  readonly partition: DirectoryPartition;
  readonly routes: ListRoutes;
}

export class DirectorySet {
  readonly #parts: DirectorySetParts;
  readonly #held = new Map<string, Held>();
  #map: ClusterMap = emptyClusterMap;
  #work: Promise<void> = Promise.resolve();
  readonly #reports: StateReports;
  #isClosed = false;

  constructor(parts: DirectorySetParts) {
    this.#parts = parts;
    this.#reports = new StateReports(parts);
  }

  /** Takes up the placements of `map`; resolves when the partitions are opened and closed accordingly. */
  follow(map: ClusterMap): Promise<void> {
    this.#work = this.#work.then(() => this.#reconcile(map));
    return this.#work;
  }

  /** The copy of a partition. FAILED_PRECONDITION when this node does not hold it. */
  partition(uid: string, partition: number): DirectoryPartition {
    const held = this.#held.get(placeOf(uid, partition));
    if (held !== undefined) return held.partition;
    const what = `partition ${partition} of the directory of collection ${uid}`;
    throw new ShoalError('FAILED_PRECONDITION', `this node does not hold ${what}; refresh the map and ask again`);
  }

  /** Resolves when every partition is ready, failed or being built anew, and has said so, at the latest when `deadline` ends. */
  async settled(deadline: Deadline): Promise<void> {
    await Promise.all([...this.#held.values()].map(({ partition }) => partition.waitSettled(deadline)));
    await this.#reports.settled();
  }

  /** The node has a new lease: what still has its log says so under that one, what has lost it is built anew. Never rejects. */
  async renew(): Promise<void> {
    await Promise.all([...this.#held.values()].map(({ partition }) => partition.checkLog()));
    this.#reports.repeat();
  }

  /** Reports no more, since states vanish with the lease, which may end as soon as this resolves. Idempotent. */
  leave(): Promise<void> {
    return this.#reports.leave();
  }

  /** Closes every partition; their data stays. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#work;
    await Promise.all([...this.#held.values()].map(({ partition }) => partition.close()));
    this.#held.clear();
    await this.#reports.leave();
  }

  async #reconcile(map: ClusterMap): Promise<void> {
    if (this.#isClosed) return;
    this.#map = map;
    const wanted = new Map<string, DirectoryPlacement>();
    for (const partitions of map.directories.values()) {
      for (const placement of partitions.values()) {
        if (placement.nodes.includes(this.#parts.config.id))
          wanted.set(placeOf(placement.uid, placement.partition), placement);
      }
    }
    for (const [place, { partition, routes }] of this.#held) {
      if (wanted.has(place)) routes.follow(map);
      else await this.#drop(place, partition);
    }
    for (const [place, placement] of wanted) if (!this.#held.has(place)) this.#open(place, placement, map);
  }

  #open(place: string, placement: DirectoryPlacement, map: ClusterMap): void {
    const { config, registry, log, connections, standing, clock, logger } = this.#parts;
    const { uid } = placement;
    const routes = new ListRoutes(uid);
    routes.follow(map);
    const partition = new DirectoryPartition({
      placement,
      log,
      routes,
      rows: shardRows(connections, () => this.#map),
      copies: otherCopies(connections, () => this.#map, placement, config.id),
      floors: async () => {
        const entries = await registry.list(keys.floorsOf(uid));
        return new Map(entries.map(({ key, value }) => [subjectOfFloor(key), positionIn(value)]));
      },
      term: () => standing.term(),
      commitEveryMs: config.directoryCommitEveryMs,
      commitEntries,
      openStore: () => this.#openStore(placement),
      discardStore: (what) => this.#discardStore(placement, what),
      clock,
      logger,
      onChange: (changed) => this.#report(changed),
    });
    this.#held.set(place, { partition, routes });
    partition.start();
    this.#report(partition);
  }

  #openStore(placement: DirectoryPlacement): Promise<DirectoryStore> {
    const { files, clock } = this.#parts;
    return RunDirectoryStore.open({ directory: this.#folderOf(placement), files, clock });
  }

  async #discardStore(placement: DirectoryPlacement, what: 'damaged' | 'unfinished'): Promise<void> {
    const { files, config } = this.#parts;
    const folder = this.#folderOf(placement);
    const aside = `${folder}.damaged`;
    if (what === 'unfinished') return await files.removeDirectory(folder);
    await this.#reports.retract(keys.directoryState(placement.uid, placement.partition, config.id));
    await files.removeDirectory(aside);
    await files.makeDirectory(aside);
    for (const name of await files.list(folder)) await files.rename(join(folder, name), join(aside, name));
    await files.syncDirectory(aside);
    await files.syncDirectory(folder);
  }

  #folderOf({ uid, partition }: DirectoryPlacement): string {
    return join(this.#parts.config.dataDirectory, uid, directoryFolder(partition));
  }

  /** Closes a partition that is no longer placed here, and removes its data and its state. */
  async #drop(place: string, partition: DirectoryPartition): Promise<void> {
    const { config, files, logger } = this.#parts;
    const { uid, partition: number } = partition.placement;
    this.#held.delete(place);
    try {
      await partition.close();
      await this.#reports.withdraw(keys.directoryState(uid, number, config.id));
      const folder = this.#folderOf(partition.placement);
      await files.removeDirectory(folder);
      await files.removeDirectory(`${folder}.damaged`);
      const parent = join(config.dataDirectory, uid);
      if ((await namesIn(files, parent)).length === 0) await files.removeDirectory(parent);
    } catch (error) {
      logger.error({ uid, partition: number, err: error }, 'what is left of a dropped directory cannot be removed');
    }
  }

  #report(copy: DirectoryPartition): void {
    const node = this.#parts.config.id;
    const { uid, partition } = copy.placement;
    if (this.#held.get(placeOf(uid, partition))?.partition !== copy) return;
    this.#reports.tell(keys.directoryState(uid, partition, node), () => {
      const { phase: state, committed, problem, rememberedAfter } = copy;
      return DirectoryState.encode({ uid, partition, node, state, committed, problem, rememberedAfter }).finish();
    });
  }
}

/** The folder of a partition inside that of its collection. */
export function directoryFolder(partition: number): string {
  return `directory-${partition}`;
}

/** Whether a folder inside that of a collection holds a partition, in use or damaged. */
export function isDirectoryFolder(name: string): boolean {
  return /^directory-\d+(\.damaged)?$/.test(name);
}

function placeOf(uid: string, partition: number): string {
  return `${uid}/${partition}`;
}

function subjectOfFloor(key: string): string {
  return key.slice(keys.floor('').length);
}

async function namesIn(files: Files, folder: string): Promise<readonly string[]> {
  try {
    return await files.list(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
