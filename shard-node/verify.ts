/**
 * Offline check of what shard nodes left on disk: finds every index and directory partition below a folder, compares every checksum, and
 * says which of those that the registry places on a node have gone.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { directorySubject, keys, positionIn, shardSubject } from '../cluster/keys.js';
import { stayOf } from '../cluster/shard-map/cluster-map.js';
import { DirectoryPlacement, ShardPlacement } from '../proto/generated/shoal/v1/cluster.js';
import { manifestName } from '../vector-index/manifest.js';
import { systemClock } from '../base/clock.js';
import { systemFiles } from '../vector-index/system-files.js';
import { verifyDirectory } from '../vector-index/verify.js';
import { directoryManifestName } from './directory/store/store-manifest.js';
import { replicaFolder } from './replica-folder.js';
import { verifyDirectoryStore } from './directory/store/verify-store.js';

export interface VerifiedFolder {
  readonly kind: 'index' | 'directory';
  readonly directory: string;
  /** One message per problem, naming file and block; empty when all is well. */
  readonly problems: readonly string[];
}

/** Every index and partition at or below `directory`, in the order of names. Throws the system's error for a folder that cannot be read. */
export async function* verifyBelow(directory: string): AsyncGenerator<VerifiedFolder> {
  const entries = await readdir(directory, { withFileTypes: true });
  const isThere = (name: string): boolean => entries.some((entry) => entry.isFile() && entry.name === name);
  if (isThere(manifestName)) {
    const problems = await verifyDirectory(directory, { files: systemFiles, clock: systemClock });
    yield { kind: 'index', directory, problems };
    return;
  }
  if (isThere(directoryManifestName)) {
    yield { kind: 'directory', directory, problems: await verifyDirectoryStore(systemFiles, directory) };
    return;
  }
  const lost = withoutManifest(entries.filter((entry) => entry.isFile()).map(({ name }) => name));
  if (lost !== null) {
    const what = `${directory} holds parts of ${lost === 'index' ? 'an index' : 'a directory partition'} and no manifest`;
    yield { kind: lost, directory, problems: [`${what}: ${adviceOf(lost)}`] };
    return;
  }
  // What was damaged and is kept aside is in nobody's use.
  const isUsed = (name: string): boolean => !name.endsWith('.damaged');
  const folders = entries.filter((entry) => entry.isDirectory() && isUsed(entry.name)).map((entry) => entry.name);
  for (const folder of folders.sort()) yield* verifyBelow(join(directory, folder));
}

/** What the files `names`, without a manifest, are left of; null when of nothing. */
function withoutManifest(names: readonly string[]): VerifiedFolder['kind'] | null {
  if (names.some((name) => name.endsWith('.segment'))) return 'index';
  return names.some((name) => /^run-\d+$/.test(name)) ? 'directory' : null;
}

/**
 * One entry for each index or partition that `registry`, values by key, places on a node whose folder is `nodes`/ID, that has gone, and
 * that the log cannot bring back since it was truncated. One that is there without its manifest is left to `verifyBelow`.
 */
export async function* missingBelow(
  nodes: string,
  registry: ReadonlyMap<string, Uint8Array>,
): AsyncGenerator<VerifiedFolder> {
  for (const { kind, node, folder, subject } of placed(registry)) {
    const floor = registry.get(keys.floor(subject));
    if (floor === undefined || positionIn(floor) === 0n) continue;
    const directory = join(nodes, node, folder);
    const names = await namesIn(directory);
    if (names.includes(kind === 'index' ? manifestName : directoryManifestName) || withoutManifest(names) !== null)
      continue;
    const what = `${directory}, which the registry places on node '${node}', does not exist or is empty`;
    yield { kind, directory, problems: [`${what}: ${adviceOf(kind)}`] };
  }
}

interface Placed {
  readonly kind: VerifiedFolder['kind'];
  readonly node: string;
  /** Below the node's own. */
  readonly folder: string;
  /** Of the log, that brings what is missing. */
  readonly subject: string;
}

function* placed(registry: ReadonlyMap<string, Uint8Array>): Generator<Placed> {
  for (const [key, value] of registry) {
    if (key.startsWith(keys.placements)) {
      const placement = ShardPlacement.decode(value);
      const { uid, shard, generation, nodes } = placement;
      const subject = shardSubject(uid, generation, shard);
      for (const node of nodes) {
        yield { kind: 'index', node, folder: join(uid, replicaFolder(shard, stayOf(placement, node)!)), subject };
      }
    }
    if (key.startsWith(keys.directories)) {
      const { uid, partition, nodes } = DirectoryPlacement.decode(value);
      const part = { folder: join(uid, `directory-${partition}`), subject: directorySubject(uid) };
      for (const node of nodes) yield { kind: 'directory', node, ...part };
    }
  }
}

/** Names in the folder; none when it does not exist. */
async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function adviceOf(kind: VerifiedFolder['kind']): string {
  if (kind === 'directory') return 'it is built anew from the shards when the cluster starts';
  return 'put it back from a copy, or drop the collection and restore a backup: `shoal restore FOLDER NAME`';
}
