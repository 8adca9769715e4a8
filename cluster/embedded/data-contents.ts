/** What lies in the data folder of an embedded cluster, and whether the registry that knows of it is there. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ShoalError } from '../../base/errors.js';
import { unfinished } from './embedded-change-log.js';

/** Path below the data folder. */
export const registryFile = join('registry', 'registry.mdb');
/** Folder of the objects, each in a file of its name. */
export const objectsFolder = join('objects', 'objects');
/** Folder of the shards' files, in a folder for each node. */
const nodesFolder = 'nodes';

/** Paths below `directory` of the files in `folder` and its folders, ascending. */
export async function filesBelow(directory: string, folder: string, suffix: string): Promise<string[]> {
  const root = join(directory, folder);
  if (!existsSync(root)) return [];
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(suffix));
  return files.map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1)).sort();
}

/** Names of the log's streams in the data folder `directory` that were not left half made or half removed. */
export async function streamFolders(directory: string): Promise<readonly string[]> {
  const root = join(directory, 'log');
  if (!existsSync(root)) return [];
  const entries = await readdir(root, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && !entry.name.endsWith(unfinished)).map(({ name }) => name);
}

/**
 * DATA_LOSS, naming the file, when the data folder `directory` has no registry but data of collections: a new registry would show an
 * empty cluster over them. The registry's file is durable before log, objects and nodes get their folders, so that a first start that
 * was cut short leaves none of these, and is begun again.
 */
export async function assertRegistryNotLost(directory: string): Promise<void> {
  const path = join(directory, registryFile);
  if (existsSync(path)) return;
  const held = [
    ...((await streamFolders(directory)).length > 0 ? ['log'] : []),
    ...((await filesBelow(directory, objectsFolder, '')).length > 0 ? [objectsFolder] : []),
    ...((await filesBelow(directory, nodesFolder, '')).length > 0 ? [nodesFolder] : []),
  ];
  if (held.length === 0) return;
  const what = `${path} does not exist, but ${directory} has data of collections (in ${held.join(', ')})`;
  const why = 'only the registry knows which collections they are, and a new one would show none';
  const remedy = 'put the file back from a copy of the folder, or choose an empty folder with --data';
  throw new ShoalError('DATA_LOSS', `${what}: ${why}; ${remedy}`);
}
