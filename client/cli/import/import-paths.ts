/** An import of paths with everything around it: progress bar, rejects file, spooled standard input. */
import type { WriteStream } from 'node:fs';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { ErrorCode } from '../../../base/errors.js';
import { createProgress } from '../progress.js';
import { telling, type SystemFailure } from '../system-failure.js';
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
  /** Hears how many documents were sent, after every batch. */
  readonly onSent?: (documents: number) => void;
}

/** Imports `paths`; see `runImport`. Nothing is created when a file cannot be read, or the one for rejected lines not be written. */
export async function importPaths(task: PathImport): Promise<ImportSummary> {
  const rejects = task.rejects === undefined ? null : await openRejects(task.rejects);
  const spoolFolder = task.rejects === undefined || !task.paths.includes('-') ? null : await folderBeside(task.rejects);
  try {
    return await importOpened(task, rejects, spoolFolder === null ? undefined : join(spoolFolder, 'stdin'));
  } finally {
    if (rejects !== null) await finished(rejects.end());
    if (spoolFolder !== null) await rm(spoolFolder, { recursive: true, force: true });
  }
}

async function importOpened(
  task: PathImport,
  rejects: WriteStream | null,
  spool: string | undefined,
): Promise<ImportSummary> {
  const { client, context, vectors } = task;
  const files = await openSources(task.paths, { stdin: context.stdin, ...(spool === undefined ? {} : { spool }) });
  const first = files[0] === undefined ? null : await peekHeader(files[0]);
  if (first !== null) files[0] = first.file;
  const collection = await task.collection(first?.header ?? null);
  const totalBytes = files.some((file) => file.sizeBytes === 0)
    ? 0
    : files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const total = files.length === 0 ? (vectors?.rows ?? 0) : totalBytes;
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
            task.onSent?.(progress.documents);
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
  }
}

const newline = Buffer.from('\n');

async function openRejects(path: string): Promise<WriteStream> {
  return await telling(refusalAt(path), async () => (await open(path, 'w')).createWriteStream());
}

/** A new folder beside the file for rejected lines, where there is room for as much. */
function folderBeside(path: string): Promise<string> {
  return telling(refusalAt(path), () => mkdtemp(join(dirname(path), '.shoal-import-')));
}

function refusalAt(path: string): (failure: SystemFailure) => readonly [ErrorCode, string] {
  return ({ message }) => [
    'INVALID_ARGUMENT',
    `rejected lines cannot be written to ${path}: ${message}; name another file`,
  ];
}
