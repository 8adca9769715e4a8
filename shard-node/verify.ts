/** Offline check of what shard nodes left on disk: finds every index and directory partition below a folder, compares every checksum. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { manifestName } from '../vector-index/manifest.js';
import { systemClock } from '../base/clock.js';
import { systemFiles } from '../vector-index/system-files.js';
import { verifyDirectory } from '../vector-index/verify.js';
import { directoryManifestName } from './directory/store/store-manifest.js';
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
  // What was damaged and is kept aside is in nobody's use.
  const isUsed = (name: string): boolean => !name.endsWith('.damaged');
  const folders = entries.filter((entry) => entry.isDirectory() && isUsed(entry.name)).map((entry) => entry.name);
  for (const folder of folders.sort()) yield* verifyBelow(join(directory, folder));
}
