/**
 * Offline check of an embedded cluster's own files: formats, registry, every record of the log, objects, and that the log and the
 * objects of every collection in the registry are there. Opens nothing with lmdb.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ShoalError } from '../../base/errors.js';
import { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { codebookObject, codecObject, keys, parametersObject, streamOf, structureObject } from '../keys.js';
import { filesBelow, objectsFolder, registryFile, streamFolders } from './data-contents.js';
import { assertNotInUse, dataFormat } from './data-directory.js';
import { assertFormat } from './disk-format.js';
import { logFormat } from './embedded-change-log.js';
import { objectsFormat, readObject } from './embedded-object-store.js';
import { readRegistry, registryFormat } from './embedded-registry.js';
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

/** What the registry in the data folder `directory` holds, values by key; null where it is missing or damaged. */
export async function registryOf(directory: string): Promise<ReadonlyMap<string, Uint8Array> | null> {
  try {
    return await readRegistry(join(directory, registryFile));
  } catch (error) {
    if (error instanceof ShoalError || (error instanceof Error && 'syscall' in error)) return null;
    throw error;
  }
}

/**
 * Every file of the embedded cluster in the data folder `directory`; none when it holds no such cluster. FAILED_PRECONDITION while a
 * process has the folder: what is being written cannot be judged.
 */
export async function* verifyEmbedded(directory: string): AsyncGenerator<VerifiedFile> {
  const isCluster = ['registry', 'log', 'objects'].some((folder) => existsSync(join(directory, folder, 'format')));
  if (!isCluster) return;
  await assertNotInUse(directory);
  yield* formats(directory);
  yield await verified(registryFile, 'registry', () => readRegistry(join(directory, registryFile)));
  for (const stream of await filesBelow(directory, 'log', '.mdb')) {
    const path = join(directory, stream);
    yield await verified(stream, 'log', () => checkStore(path, { own: checksOf(path, true) }));
  }
  for (const object of await filesBelow(directory, objectsFolder, '')) {
    const name = object.slice(objectsFolder.length + 1);
    yield await verified(object, 'object', () => readObject(join(directory, object), name));
  }
  yield* missing(directory);
}

/** What the registry says should be there and is not, and logs of which it does not know. */
async function* missing(directory: string): AsyncGenerator<VerifiedFile> {
  const registry = await registryOf(directory);
  if (registry === null) return;
  const chunks = await filesBelow(directory, 'log', '.mdb');
  const isThere = (file: string): boolean =>
    chunks.some((chunk) => chunk.startsWith(`${file}/`)) ||
    (!file.startsWith('log/') && existsSync(join(directory, file)));
  const named = new Set<string>();
  for (const [key, value] of registry) {
    if (key.startsWith(keys.allRemains)) named.add(streamOf(key.slice(keys.allRemains.length)));
    if (!key.startsWith(keys.settings)) continue;
    const { uid, name, structureVersion, codebookVersion, parametersVersion, tokenCodec } =
      CollectionSettings.decode(value);
    named.add(streamOf(uid));
    const objects = [
      ...(structureVersion === 0 ? [] : [structureObject(uid, structureVersion)]),
      ...(codebookVersion === 0 ? [] : [codebookObject(uid, codebookVersion)]),
      ...(parametersVersion === 0 ? [] : [parametersObject(uid, parametersVersion)]),
      ...(tokenCodec === '' ? [] : [codecObject(tokenCodec)]),
    ];
    const parts = [
      ['log', join('log', streamOf(uid))],
      ...objects.map((object) => ['object', join(objectsFolder, object)]),
    ] as const;
    for (const [kind = '', file = ''] of parts) {
      if (isThere(file)) continue;
      const what = `${join(directory, file)}, which collection '${name}' needs, does not exist`;
      yield {
        file,
        kind,
        problems: [
          `${what}; put it back from a copy, or drop the collection and restore a backup: \`shoal restore FOLDER NAME\``,
        ],
      };
    }
  }
  for (const folder of await streamFolders(directory)) {
    if (named.has(folder)) continue;
    const what = `${join(directory, 'log', folder)} is the log of a collection that the registry does not know`;
    const why = 'the registry was lost or replaced by an older one; put back the one that belongs to this log';
    yield { file: join('log', folder), kind: 'log', problems: [`${what}: ${why}`] };
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
