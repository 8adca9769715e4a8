/** Reads every byte of an index directory and compares every checksum, without opening the index. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ShoalError } from '../base/errors.js';
import { mapFile } from '../kernels/kernels.js';
import { readManifest, type ManifestSegment } from './manifest.js';
import { ColumnFile } from './segment/column-file.js';
import { readTombstones } from './segment/tombstones.js';

/** One message per problem, naming file and block; none when all is well. Files that the manifest does not name are not read. */
export async function verifyDirectory(directory: string): Promise<readonly string[]> {
  const problems: string[] = [];
  const manifest = await collecting(problems, () => readManifest(directory));
  if (manifest === undefined) return problems;
  if (manifest === null) return [`${directory} holds no manifest: it is not an index`];
  const present = new Set(await readdir(directory));
  for (const segment of manifest.segments) {
    const missing = [segment.file, segment.tombstones].filter((file) => file !== null && !present.has(file));
    for (const file of missing) problems.push(`${join(directory, file!)}, which the manifest names, does not exist`);
    if (missing.length === 0) await collecting(problems, () => verifySegment(directory, segment, problems));
  }
  return problems;
}

async function verifySegment(
  directory: string,
  { file, tombstones }: ManifestSegment,
  problems: string[],
): Promise<void> {
  const path = join(directory, file);
  const map = mapFile(path);
  try {
    const columns = new ColumnFile(path, map.bytes);
    for (const problem of columns.problems()) {
      if (problem === null) await nextTurn();
      else problems.push(problem);
    }
    if (tombstones !== null) await readTombstones(join(directory, tombstones), columns.layout.rows);
  } finally {
    map.close();
  }
}

/** The result of `work`; undefined when it found damage or a newer format, which is added to `problems`. */
async function collecting<T>(problems: string[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ShoalError)) throw error;
    problems.push(error.message);
    return undefined;
  }
}
