/**
 * The manifest of a directory partition's folder: which files its state consists of, and which log position it is of.
 *
 * It is the one file that is ever replaced, after every file that it names is on disk. Format: one JSON object, a line feed, the
 * CRC-32 of that object's bytes as eight hex digits, a line feed; the last line keeps its meaning in every later format.
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { ShoalError } from '../../../base/errors.js';
import { writeDurably } from '../../../vector-index/durable-file.js';
import type { FileIdentities } from '../../../vector-index/file-identities.js';
import type { Files } from '../../../vector-index/files.js';
import { noMarks, type DirectoryMarks } from './directory-entry.js';
import { damaged } from './run-format.js';

/** Not that of an index, so that a check of a data folder tells the two apart. */
export const directoryManifestName = 'directory';
const format = 1;

export interface VerdictFile {
  readonly file: string;
  /** Record time of its newest verdict. */
  readonly newestMs: number;
}

export interface StoreManifest {
  readonly marks: DirectoryMarks;
  /** Number of the next file; names are never used twice. */
  readonly nextNumber: number;
  /** File names, oldest first: what a later one says of an id counts. */
  readonly runs: readonly string[];
  /** Oldest first. */
  readonly verdicts: readonly VerdictFile[];
  /** What the files are, by name; of a manifest of before, none. */
  readonly identities: FileIdentities;
}

export const emptyManifest: StoreManifest = { marks: noMarks, nextNumber: 1, runs: [], verdicts: [], identities: {} };

/** Every file that a manifest names. */
export function namedFiles({ runs, verdicts }: Pick<StoreManifest, 'runs' | 'verdicts'>): string[] {
  return [...runs, ...verdicts.map(({ file }) => file)];
}

interface RawManifest {
  readonly format: number;
  readonly committed: string;
  readonly epoch: string;
  readonly caused: string;
  /** Subject and last position, by code. */
  readonly subjects: readonly (readonly [string, string])[];
  readonly nextNumber: number;
  readonly runs: readonly string[];
  readonly verdicts: readonly VerdictFile[];
  readonly identities?: FileIdentities;
}

/** Replaces the manifest in `directory`; durable when it resolves. RESOURCE_EXHAUSTED when the disk is full. */
export async function writeStoreManifest(files: Files, directory: string, manifest: StoreManifest): Promise<void> {
  const { marks, ...rest } = manifest;
  const raw: RawManifest = {
    format,
    committed: String(marks.committed),
    epoch: String(marks.epoch),
    caused: String(marks.caused),
    subjects: marks.subjects.map(({ subject, last }) => [subject, String(last)] as const),
    ...rest,
  };
  const body = Buffer.from(JSON.stringify(raw), 'utf8');
  await writeDurably(
    files,
    join(directory, directoryManifestName),
    Buffer.concat([body, Buffer.from(`\n${sum(body)}\n`)]),
  );
}

/** The manifest of `directory`, null when it has none. DATA_LOSS when it is damaged, FAILED_PRECONDITION when it is of a newer Shoal. */
export async function readStoreManifest(files: Files, directory: string): Promise<StoreManifest | null> {
  const path = join(directory, directoryManifestName);
  const bytes = await readIfThere(files, path);
  if (bytes === null) return null;
  const body = bytes.subarray(0, Math.max(0, bytes.length - 10));
  if (bytes.subarray(body.length).toString('latin1') !== `\n${sum(body)}\n`) throw damaged(path, 'the file');
  const raw = JSON.parse(body.toString('utf8')) as RawManifest;
  if (raw.format > format) {
    const message = `${path} has format version ${raw.format}, this program reads up to ${format}; use the newer Shoal that wrote it`;
    throw new ShoalError('FAILED_PRECONDITION', message);
  }
  const { nextNumber, runs, verdicts, identities = {} } = raw;
  const marks = {
    committed: BigInt(raw.committed),
    epoch: BigInt(raw.epoch),
    caused: BigInt(raw.caused),
    subjects: raw.subjects.map(([subject, last]) => ({ subject, last: BigInt(last) })),
  };
  return { marks, nextNumber, runs, verdicts, identities };
}

async function readIfThere(files: Files, path: string): Promise<Buffer | null> {
  try {
    return await files.read(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function sum(body: Uint8Array): string {
  return crc32(body).toString(16).padStart(8, '0');
}
