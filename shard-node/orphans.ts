/**
 * Data folders of collections that were dropped, and of shards that moved away, while this node was down: found when it starts, and removed.
 *
 * Data is worth more than space. A folder goes only when the registry knows its collection by neither settings nor placement, nor as
 * one that is being made, has listed this node, and knows another collection that this node holds: an empty registry, or that of
 * another cluster, does not.
 */
import { join } from 'node:path';
import type { Logger } from '../base/logger.js';
import { keys } from '../cluster/keys.js';
import type { Registry } from '../cluster/registry.js';
import { stayOf } from '../cluster/shard-map/cluster-map.js';
import { ReplicaState, ShardPlacement } from '../proto/generated/shoal/v1/cluster.js';
import type { Files } from '../vector-index/files.js';
import { parseReplicaFolder } from './replica-folder.js';
import { isDirectoryFolder } from './directory/directory-set.js';

export interface OrphanOptions {
  /** Name of this node in the registry. */
  readonly id: string;
  readonly dataDirectory: string;
  readonly registry: Registry;
  readonly files: Files;
  readonly logger: Logger;
}

/** Removes what no collection owns. Nothing may be opened yet. A node that cannot tidy up still starts: trouble is logged. */
export async function removeOrphans(options: OrphanOptions): Promise<void> {
  const { dataDirectory, logger, files } = options;
  try {
    for (const uid of await orphans(options)) {
      await files.removeDirectory(join(dataDirectory, uid));
      logger.info({ uid }, 'removed the data of a collection that was dropped');
    }
    for (const folder of await movedAway(options)) {
      await files.removeDirectory(join(dataDirectory, folder));
      logger.info({ folder }, 'removed the data of a shard that other nodes have');
    }
  } catch (error) {
    logger.warn({ err: error, dataDirectory }, 'data of dropped collections could not be looked for or removed');
  }
}

async function orphans({ id, dataDirectory, registry, logger, files }: OrphanOptions): Promise<readonly string[]> {
  // The folders first: one that is made afterwards belongs to a collection that the registry already had when it was listed.
  const uids = await foldersOfCollections(files, dataDirectory);
  if (uids.length === 0) return [];
  const known = new Set((await registry.list('')).map(({ key }) => key));
  const isPlacement = (key: string): boolean => key.startsWith(keys.placements) || key.startsWith(keys.directories);
  const placed = new Set([...known].filter(isPlacement).map((key) => key.split('/')[1]));
  const unknown = uids.filter(
    (uid) => !known.has(keys.setting(uid)) && !known.has(keys.opening(uid)) && !placed.has(uid),
  );
  if (unknown.length === 0 || (known.has(keys.node(id)) && unknown.length < uids.length)) return unknown;
  logger.warn(
    { uids: unknown },
    'kept data of unknown collections, since the registry knows none that this node holds',
  );
  return [];
}

/** Folders of shards that the registry has placed elsewhere since, or here anew, and that a node serves. */
async function movedAway({ id, dataDirectory, registry, files }: OrphanOptions): Promise<readonly string[]> {
  const found: string[] = [];
  for (const uid of await foldersOfCollections(files, dataDirectory)) {
    for (const name of await files.list(join(dataDirectory, uid))) {
      const folder = parseReplicaFolder(name);
      if (folder === null) continue;
      const entry = await registry.get(keys.placement(uid, folder.shard));
      if (entry === null) continue;
      const placement = ShardPlacement.decode(entry.value);
      if (stayOf(placement, id) === folder.stay || !(await isServed(placement, registry))) continue;
      found.push(join(uid, name));
    }
  }
  return found;
}

/** A node that got another name must not take its data for those of others. */
async function isServed(placement: ShardPlacement, registry: Registry): Promise<boolean> {
  const { uid, shard, nodes } = placement;
  const entries = await Promise.all(nodes.map((node) => registry.get(keys.replica(uid, shard, node))));
  const states = entries.flatMap((entry) => (entry === null ? [] : [ReplicaState.decode(entry.value)]));
  return states.some(({ node, state, stay }) => state === 'ready' && stay === stayOf(placement, node));
}

/** Folders that are named like a collection's uid and hold folders of shards and directory partitions, and nothing else. */
async function foldersOfCollections(files: Files, dataDirectory: string): Promise<readonly string[]> {
  await files.makeDirectory(dataDirectory);
  const found: string[] = [];
  for (const name of await files.list(dataDirectory)) {
    if (!/^[0-9a-z]+$/.test(name)) continue;
    const shards = await folderNames(files, join(dataDirectory, name));
    if (shards === null || shards.length === 0 || !shards.every(isHolding)) continue;
    const inside = await Promise.all(shards.map((shard) => folderNames(files, join(dataDirectory, name, shard))));
    if (inside.every((names) => names !== null)) found.push(name);
  }
  return found;
}

function isHolding(name: string): boolean {
  return parseReplicaFolder(name) !== null || isDirectoryFolder(name);
}

/** What the folder `path` holds; null when it is a file. */
async function folderNames(files: Files, path: string): Promise<readonly string[] | null> {
  try {
    return await files.list(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return null;
    throw error;
  }
}
