/** What an index writes today, beside what a golden folder keeps. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { manifestName, readManifest } from '../../vector-index/manifest.js';
import { systemFiles } from '../../vector-index/system-files.js';

/**
 * Fails unless the index in `directory` has the files of `golden` and no others, byte for byte; the manifest may say of its files what they are, which
 * those of the first programs do not.
 */
export async function assertWritten(directory: string, golden: string): Promise<void> {
  const names = (await readdir(golden)).sort();
  assert.deepEqual((await readdir(directory)).sort(), names);
  for (const name of names.filter((file) => file !== manifestName)) {
    assert.ok((await readFile(join(directory, name))).equals(await readFile(join(golden, name))), name);
  }
  const [now, before] = await Promise.all([directory, golden].map((folder) => readManifest(systemFiles, folder)));
  assert.deepEqual({ ...now, identities: before!.identities }, { ...before, identities: before!.identities });
}
