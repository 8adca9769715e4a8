/** Reads every byte of an index directory and compares every checksum, without opening the index. */
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { collecting } from './collect-problems.js';
import { readFences } from './fences.js';
import { checkIdentity } from './file-identities.js';
import type { Files } from './files.js';
import { readManifest, type ManifestSegment } from './manifest.js';
import { ColumnFile } from './segment/column-file.js';
import { readTombstones } from './segment/tombstones.js';

export interface VerifyParts {
  readonly files: Files;
  readonly clock: Pick<Clock, 'pause'>;
}

/** One message per problem, naming file and block; none when all is well. Files that the manifest does not name are not read. */
export async function verifyDirectory(directory: string, parts: VerifyParts): Promise<readonly string[]> {
  const { files } = parts;
  const problems: string[] = [];
  const manifest = await collecting(problems, () => readManifest(files, directory));
  if (manifest === undefined) return problems;
  if (manifest === null) return [`${directory} holds no manifest: it is not an index`];
  const { identities = {} } = manifest;
  const present = new Set(await files.list(directory));
  /** What is damaged is named once. */
  const check = async (names: readonly string[], verify: () => Promise<unknown>): Promise<void> => {
    const absent = names.filter((name) => !present.has(name));
    for (const name of absent) problems.push(`${join(directory, name)}, which the manifest names, does not exist`);
    const before = problems.length;
    if (absent.length === 0) await collecting(problems, verify);
    if (absent.length > 0 || problems.length > before) return;
    for (const name of names) await collecting(problems, async () => checkIdentity(files, directory, name, identities));
  };
  for (const segment of manifest.segments) {
    const names = segment.tombstones === null ? [segment.file] : [segment.file, segment.tombstones];
    await check(names, () => verifySegment(directory, segment, { ...parts, problems }));
  }
  for (const name of manifest.fences?.files ?? []) await check([name], () => readFences(files, join(directory, name)));
  return problems;
}

async function verifySegment(
  directory: string,
  { file, tombstones }: ManifestSegment,
  { files, clock, problems }: VerifyParts & { readonly problems: string[] },
): Promise<void> {
  const path = join(directory, file);
  const map = files.map(path);
  try {
    const columns = new ColumnFile(path, map.bytes);
    for (const problem of columns.problems()) {
      if (problem === null) await clock.pause();
      else problems.push(problem);
    }
    if (tombstones !== null) await readTombstones(files, join(directory, tombstones), columns.layout.rows);
  } finally {
    map.close();
  }
}
