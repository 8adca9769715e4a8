/**
 * The manifest: which files an index consists of, and how much of the log they cover.
 *
 * It is the one file that is ever replaced, atomically, after every file that it names is on disk: whatever it says is true, and
 * what it does not name does not exist. Format: one JSON object, a line feed, the CRC-32 of that object's bytes as eight hex digits,
 * a line feed. The last line keeps its meaning in every later format, so that damage is told from a newer version.
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { ShoalError } from '../base/errors.js';
import { writeDurably } from './durable-file.js';
import type { FileIdentities } from './file-identities.js';
import type { Files } from './files.js';

export const manifestName = 'manifest';
export const manifestFormat = 1;

export interface ManifestSegment {
  /** File name inside the directory. */
  readonly file: string;
  /** File name of the segment's tombstones; null when no row is dead. */
  readonly tombstones: string | null;
}

export interface Manifest {
  readonly format: number;
  readonly dim: number;
  readonly tokenDim: number;
  /** The structure under which the segments' lists were assigned. */
  readonly structureVersion: number;
  /** Number of the next file; file names are never used twice. */
  readonly nextNumber: number;
  readonly segments: readonly ManifestSegment[];
  /** What is remembered of superseded ids: file names, older entries first, and log time; absent when nothing is. */
  readonly fences?: { readonly files: readonly string[]; readonly timeMs: number } | undefined;
  /** What the files are, by name; of a manifest of before, none. */
  readonly identities?: FileIdentities;
  /** Last applied sequence per subject that the segments cover. */
  readonly applied: Readonly<Record<string, bigint>>;
}

/** Replaces the manifest of `directory`; durable when the promise resolves. The files that it names must be on disk already. */
export async function writeManifest(files: Files, directory: string, manifest: Manifest): Promise<void> {
  await writeDurably(files, join(directory, manifestName), encodeManifest(manifest));
}

/** The bytes of a manifest file. */
export function encodeManifest(manifest: Manifest): Buffer {
  const applied = Object.fromEntries(
    Object.entries(manifest.applied).map(([subject, mark]) => [subject, String(mark)]),
  );
  const body = Buffer.from(JSON.stringify({ ...manifest, applied }, null, 1), 'utf8');
  return Buffer.concat([body, Buffer.from(`\n${checksum(body)}\n`)]);
}

/**
 * The manifest of `directory`, null when it has none.
 * DATA_LOSS when its checksum does not match; FAILED_PRECONDITION when a newer Shoal wrote it.
 */
export async function readManifest(files: Files, directory: string): Promise<Manifest | null> {
  const path = join(directory, manifestName);
  let bytes: Buffer;
  try {
    bytes = await files.read(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  return parseManifest(bytes, path);
}

function parseManifest(bytes: Buffer, path: string): Manifest {
  const body = bytes.subarray(0, Math.max(0, bytes.length - 10));
  if (bytes.subarray(body.length).toString('latin1') !== `\n${checksum(body)}\n`) {
    throw new ShoalError(
      'DATA_LOSS',
      `the checksum of ${path} does not match: the file is damaged; restore this replica from a peer`,
    );
  }
  const raw = JSON.parse(body.toString('utf8')) as Omit<Manifest, 'applied'> & { applied: Record<string, string> };
  if (raw.format > manifestFormat) throw newerFormat(path, raw.format, manifestFormat);
  const applied = Object.fromEntries(Object.entries(raw.applied).map(([subject, mark]) => [subject, BigInt(mark)]));
  return { ...raw, applied };
}

/** The error for a file that a newer Shoal wrote. */
export function newerFormat(path: string, found: number, known: number): ShoalError {
  const message = `${path} has format version ${found}, this program reads up to ${known}; use the newer Shoal that wrote it`;
  return new ShoalError('FAILED_PRECONDITION', message, { details: { found: String(found), known: String(known) } });
}

function checksum(body: Uint8Array): string {
  return crc32(body).toString(16).padStart(8, '0');
}
