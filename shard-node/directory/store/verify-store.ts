/** Reads every byte of a directory partition's files and compares every checksum, without opening the partition. */
import { join } from 'node:path';
import { ShoalError } from '../../../base/errors.js';
import { collecting } from '../../../vector-index/collect-problems.js';
import { checkIdentity } from '../../../vector-index/file-identities.js';
import type { Files } from '../../../vector-index/files.js';
import { RunCursor, Run } from './run.js';
import { namedFiles, readStoreManifest } from './store-manifest.js';
import { decodeVerdicts } from './verdict-file.js';

/** One message per problem, naming the file; none when all is well. Files that the manifest does not name are not read. */
export async function verifyDirectoryStore(files: Files, directory: string): Promise<readonly string[]> {
  const problems: string[] = [];
  const manifest = await collecting(problems, () => readStoreManifest(files, directory));
  if (manifest === undefined) return problems;
  if (manifest === null) return [`${directory} holds no manifest: it is no directory partition`];
  for (const name of manifest.runs) await collecting(problems, async () => verifyRun(files, join(directory, name)));
  for (const { file } of manifest.verdicts) {
    const path = join(directory, file);
    await collecting(problems, async () => decodeVerdicts(await files.read(path), path));
  }
  if (problems.length > 0) return problems;
  for (const name of namedFiles(manifest))
    await collecting(problems, async () => checkIdentity(files, directory, name, manifest.identities));
  return problems;
}

function verifyRun(files: Files, path: string): void {
  const run = Run.open(files, path);
  try {
    const cursor = new RunCursor(run);
    let entries = 0;
    while (cursor.next()) entries += 1;
    if (entries === run.entries) return;
    throw new ShoalError('DATA_LOSS', `${path} is damaged: it holds ${entries} of ${run.entries} entries`);
  } finally {
    run.close();
  }
}
