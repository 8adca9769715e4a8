/** Writes a collection's documents as JSON lines, with back-pressure from the disk to the cluster. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough, Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { ErrorCode } from '../../base/errors.js';
import { attributeTypeName, attributeTypeOf, type Attributes, type AttributeTypeName } from '../../proto/attributes.js';
import { documentToJson } from './import/document-json.js';
import { headerToJson, typesToJson } from './import/export-header.js';
import { exactJsonText, jsonText } from './json.js';
import { createProgress } from './progress.js';
import { telling, type SystemFailure } from './system-failure.js';
import type { ShoalClient } from '../sdk/connect.js';
import type { CliContext } from './context.js';

export interface ExportTask {
  readonly context: CliContext;
  readonly name: string;
  /** Standard output when absent; compressed when it ends with .gz. */
  readonly file?: string;
  readonly withVectors: boolean;
}

/**
 * Writes every document of `task.name` and gives their number; with vectors where no model could make them again. A file appears
 * whole or not at all: until then, and after an error, the one before it stays.
 */
export async function exportCollection(client: ShoalClient, task: ExportTask): Promise<number> {
  const collection = await client.collections.describe(task.name);
  const withVectors = task.withVectors || collection.model === 'none';
  const types = { ...collection.attributes };
  const total = task.file === undefined ? 0 : (await client.documents.count(task.name)).documents;
  const bar = task.file === undefined ? null : createProgress(task.context, task.name, total);
  const state = { documents: 0 };
  async function* lines(): AsyncGenerator<string> {
    yield `${jsonText(headerToJson(collection))}\n`;
    for await (const document of client.documents.scroll(task.name, { withVectors })) {
      state.documents += 1;
      if (state.documents % 256 === 0) bar?.update(state.documents, state.documents);
      const added = newTypes(document.attributes ?? {}, types);
      if (added !== null) yield `${jsonText(typesToJson(added))}\n`;
      yield `${exactJsonText(documentToJson(document))}\n`;
    }
  }
  const compress = task.file?.endsWith('.gz') === true ? createGzip() : new PassThrough();
  const write = (to: Writable): Promise<void> =>
    pipeline(Readable.from(lines()), compress, to, { end: task.file !== undefined });
  try {
    await (task.file === undefined ? write(task.context.stdout) : replaceFile(task.file, write));
  } finally {
    bar?.stop();
  }
  return state.documents;
}

/** Types that the collection got since its header was written, which are in `known` then; null when there are none. */
function newTypes(
  attributes: Attributes,
  known: Record<string, AttributeTypeName>,
): Record<string, AttributeTypeName> | null {
  const added: Record<string, AttributeTypeName> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (Object.hasOwn(known, name)) continue;
    const type = attributeTypeOf(name, value);
    const typeName = type === null ? 'unknown' : attributeTypeName(type);
    if (typeName !== 'unknown') added[name] = known[name] = typeName;
  }
  return Object.keys(added).length === 0 ? null : added;
}

/** Lets `write` fill a file beside `path`, which then takes its place; removes it when that fails. */
async function replaceFile(path: string, write: (to: Writable) => Promise<void>): Promise<void> {
  const there = await stat(path).catch(() => null);
  // Devices and pipes are written to, not replaced.
  if (there !== null && !there.isFile()) return write(createWriteStream(path));
  const target = there === null ? path : await realpath(path);
  // Beside it, since only within a file system is a file moved at once; in a new folder, since no name is certain to be free.
  const refusal = refusalAt(path);
  const folder = await telling(refusal, () => mkdtemp(join(dirname(target), '.shoal-export-')));
  try {
    const partial = join(folder, 'partial');
    const file = await telling(refusal, () => open(partial, 'wx'));
    await telling(refusal, () => write(file.createWriteStream({ flush: true })));
    await telling(refusal, () => rename(partial, target));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is said where the file system refuses an export to `path`. */
function refusalAt(path: string): (failure: SystemFailure) => readonly [ErrorCode, string] {
  return ({ code, message }) => {
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    const todo = `${isFull ? 'make room' : 'name another file'} and export again`;
    return [isFull ? 'RESOURCE_EXHAUSTED' : 'INVALID_ARGUMENT', `cannot write ${path}: ${message}; ${todo}`];
  };
}
