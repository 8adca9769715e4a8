/**
 * Data folders of collections that were dropped while this node was down: found when it starts, and removed.
 *
 * Data is worth more than space. A folder goes only when the registry knows its collection by neither settings nor placement, has
 * listed this node, and knows another collection that this node holds: an empty registry, or that of another cluster, does not.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../base/logger.js';
import { keys } from '../cluster/keys.js';
import type { Registry } from '../cluster/registry.js';

export interface OrphanOptions {
  /** Name of this node in the registry. */
  readonly id: string;
  readonly dataDirectory: string;
  readonly registry: Registry;
  readonly logger: Logger;
}

/** Removes what no collection owns. Nothing may be opened yet. A node that cannot tidy up still starts: trouble is logged. */
export async function removeOrphans(options: OrphanOptions): Promise<void> {
  const { dataDirectory, logger } = options;
  try {
    for (const uid of await orphans(options)) {
      await rm(join(dataDirectory, uid), { recursive: true, force: true });
      logger.info({ uid }, 'removed the data of a collection that was dropped');
    }
  } catch (error) {
    logger.warn({ err: error, dataDirectory }, 'data of dropped collections could not be looked for or removed');
  }
}

async function orphans({ id, dataDirectory, registry, logger }: OrphanOptions): Promise<readonly string[]> {
  // The folders first: one that is made afterwards belongs to a collection that the registry already had when it was listed.
  const uids = await foldersOfCollections(dataDirectory);
  if (uids.length === 0) return [];
  const known = new Set((await registry.list('')).map(({ key }) => key));
  const placed = new Set([...known].filter((key) => key.startsWith(keys.placements)).map((key) => key.split('/')[1]));
  const unknown = uids.filter((uid) => !known.has(keys.setting(uid)) && !placed.has(uid));
  if (unknown.length === 0 || (known.has(keys.node(id)) && unknown.length < uids.length)) return unknown;
  logger.warn(
    { uids: unknown },
    'kept data of unknown collections, since the registry knows none that this node holds',
  );
  return [];
}

/** Folders that are named like a collection's uid and hold shards and nothing else. */
async function foldersOfCollections(dataDirectory: string): Promise<readonly string[]> {
  await mkdir(dataDirectory, { recursive: true });
  const found: string[] = [];
  for (const entry of await readdir(dataDirectory, { withFileTypes: true })) {
    if (!entry.isDirectory() || !/^[0-9a-z]+$/.test(entry.name)) continue;
    const shards = await readdir(join(dataDirectory, entry.name), { withFileTypes: true });
    const isShards = shards.every((shard) => shard.isDirectory() && /^\d+$/.test(shard.name));
    if (shards.length > 0 && isShards) found.push(entry.name);
  }
  return found;
}
