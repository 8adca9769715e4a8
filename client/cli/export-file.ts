/** Writes a collection's documents as JSON lines, with back-pressure from the disk to the cluster. */
import { createWriteStream } from 'node:fs';
import { PassThrough, Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { documentToJson } from './import/document-json.js';
import { jsonText } from './json.js';
import { createProgress } from './progress.js';
import type { ShoalClient } from '../sdk/connect.js';
import type { CliContext } from './context.js';

export interface ExportTask {
  readonly context: CliContext;
  readonly name: string;
  /** Standard output when absent; compressed when it ends with .gz. */
  readonly file?: string;
  readonly withVectors: boolean;
}

/** Writes every document of `task.name` and gives their number; with vectors where no model could make them again. */
export async function exportCollection(client: ShoalClient, task: ExportTask): Promise<number> {
  const { model } = await client.collections.describe(task.name);
  const withVectors = task.withVectors || model === 'none';
  const total = task.file === undefined ? 0 : (await client.documents.count(task.name)).documents;
  const bar = task.file === undefined ? null : createProgress(task.context, task.name, total);
  const state = { documents: 0 };
  async function* lines(): AsyncGenerator<string> {
    for await (const document of client.documents.scroll(task.name, { withVectors })) {
      state.documents += 1;
      if (state.documents % 256 === 0) bar?.update(state.documents, state.documents);
      yield `${jsonText(documentToJson(document))}\n`;
    }
  }
  try {
    const compress = task.file?.endsWith('.gz') === true ? createGzip() : new PassThrough();
    await pipeline(Readable.from(lines()), compress, destination(task), { end: task.file !== undefined });
  } finally {
    bar?.stop();
  }
  return state.documents;
}

function destination(task: ExportTask): Writable {
  return task.file === undefined ? task.context.stdout : createWriteStream(task.file);
}
