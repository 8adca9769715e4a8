/** Offline check of an embedded cluster's own files: formats, registry, every record of the log, objects. Opens nothing with lmdb. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ShoalError } from '../../base/errors.js';
import { assertNotInUse, dataFormat } from './data-directory.js';
import { assertFormat } from './disk-format.js';
import { logFormat } from './embedded-change-log.js';
import { objectsFormat, readObject } from './embedded-object-store.js';
import { registryFormat } from './embedded-registry.js';
import { checkStore } from './lmdb-store.js';
import { checksOf } from './log-checks.js';

export interface VerifiedFile {
  /** Path below the data folder. */
  readonly file: string;
  /** 'format', 'registry', 'log' or 'object'. */
  readonly kind: string;
  /** One message per problem; empty when all is well. */
  readonly problems: readonly string[];
}

/**
 * Every file of the embedded cluster in the data folder `directory`; none when it holds no such cluster. FAILED_PRECONDITION while a
 * process has the folder: what is being written cannot be judged.
 */
export async function* verifyEmbedded(directory: string): AsyncGenerator<VerifiedFile> {
  if (!existsSync(join(directory, 'registry'))) return;
  await assertNotInUse(directory);
  yield* formats(directory);
  const registry = join('registry', 'registry.mdb');
  yield await verified(registry, 'registry', () => checkStore(join(directory, registry), {}));
  for (const stream of await filesBelow(directory, 'log', '.mdb')) {
    const path = join(directory, stream);
    yield await verified(stream, 'log', () => checkStore(path, { own: checksOf(path, true) }));
  }
  for (const object of await filesBelow(directory, join('objects', 'objects'), '')) {
    yield await verified(object, 'object', () => readObject(join(directory, object), object));
  }
}

async function* formats(directory: string): AsyncGenerator<VerifiedFile> {
  const versions = [
    ['.', 'data', dataFormat],
    ['registry', 'registry', registryFormat],
    ['log', 'log', logFormat],
    ['objects', 'object store', objectsFormat],
  ] as const;
  for (const [folder, what, version] of versions) {
    yield await verified(join(folder, 'format'), 'format', () => assertFormat(join(directory, folder), what, version));
  }
}

async function verified(file: string, kind: string, check: () => Promise<unknown>): Promise<VerifiedFile> {
  try {
    await check();
    return { file, kind, problems: [] };
  } catch (error) {
    if (error instanceof ShoalError) return { file, kind, problems: [error.message] };
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    return { file, kind, problems: [`${file} cannot be read: ${error.message}`] };
  }
}

/** Paths below `directory` of the files in `folder` and its folders, ascending. */
async function filesBelow(directory: string, folder: string, suffix: string): Promise<string[]> {
  const root = join(directory, folder);
  if (!existsSync(root)) return [];
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(suffix));
  return files.map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1)).sort();
}
