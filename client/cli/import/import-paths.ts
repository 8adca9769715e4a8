/** An import of paths with everything around it: progress bar, rejects file, spooled standard input. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { createProgress } from '../progress.js';
import { peekHeader } from './peek-header.js';
import { runImport, type ImportSummary, type RejectedLine } from './run.js';
import { openSources } from './sources.js';
import type { CliContext } from '../context.js';
import type { ExportHeader } from './export-header.js';
import type { NpyMatrix } from '../npy.js';
import type { Collection } from '../../sdk/types.js';
import type { ShoalClient } from '../../sdk/connect.js';

export interface PathImport {
  readonly client: ShoalClient;
  readonly context: CliContext;
  /** The collection to import into; given what the first line says of the one that was exported. */
  readonly collection: (header: ExportHeader | null) => Promise<Collection>;
  readonly paths: readonly string[];
  readonly vectors: NpyMatrix | null;
  /** File for the rejected lines; written over. */
  readonly rejects?: string;
  readonly onReject: (line: RejectedLine) => void;
}

/** Imports `paths`; see `runImport`. Nothing is created when a file cannot be read. */
export async function importPaths(task: PathImport): Promise<ImportSummary> {
  const { client, context, vectors } = task;
  const spool = task.rejects === undefined || !task.paths.includes('-') ? undefined : `${task.rejects}.stdin`;
  const files = await openSources(task.paths, { stdin: context.stdin, ...(spool === undefined ? {} : { spool }) });
  const first = files[0] === undefined ? null : await peekHeader(files[0]);
  if (first !== null) files[0] = first.file;
  const collection = await task.collection(first?.header ?? null);
  const totalBytes = files.some((file) => file.sizeBytes === 0)
    ? 0
    : files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const total = files.length === 0 ? (vectors?.rows ?? 0) : totalBytes;
  const rejects = task.rejects === undefined ? null : createWriteStream(task.rejects);
  const bar = createProgress(context, collection.name, total);
  try {
    return await runImport({
      files,
      vectors,
      // What the collection knows counts, where an export says something else.
      schema: { attributes: { ...first?.header?.attributes, ...collection.attributes }, dim: collection.dim },
      send: (documents) =>
        client.documents.import(collection.name, documents, {
          onProgress: (progress) => {
            const bytes = files.reduce((sum, file) => sum + file.bytesRead(), 0);
            bar.update(files.length === 0 ? progress.documents : bytes, progress.documents);
          },
        }),
      onReject: async (line) => {
        task.onReject(line);
        if (rejects !== null && line.bytes !== null && !rejects.write(Buffer.concat([line.bytes, newline]))) {
          await once(rejects, 'drain');
        }
      },
    });
  } finally {
    bar.stop();
    if (rejects !== null) await finished(rejects.end());
    if (spool !== undefined) await rm(spool, { force: true });
  }
}

const newline = Buffer.from('\n');
