/** Offline check of what shard nodes left on disk: finds every index below a folder and compares every checksum. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { manifestName } from '../vector-index/manifest.js';
import { systemClock } from '../base/clock.js';
import { systemFiles } from '../vector-index/system-files.js';
import { verifyDirectory } from '../vector-index/verify.js';

export interface VerifiedIndex {
  readonly directory: string;
  /** One message per problem, naming file and block; empty when all is well. */
  readonly problems: readonly string[];
}

/** Every index at or below `directory`, in the order of names. Throws the system's error for a folder that cannot be read. */
export async function* verifyBelow(directory: string): AsyncGenerator<VerifiedIndex> {
  const entries = await readdir(directory, { withFileTypes: true });
  if (entries.some((entry) => entry.isFile() && entry.name === manifestName)) {
    yield { directory, problems: await verifyDirectory(directory, { files: systemFiles, clock: systemClock }) };
    return;
  }
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  for (const folder of folders.sort()) yield* verifyBelow(join(directory, folder));
}
