/** The files of an index directory: their names, opening what the manifest names, removing what it does not. */
import { dirname, join } from 'node:path';
import { ShoalError } from '../../base/errors.js';
import { diskError, temporarySuffix } from '../durable-file.js';
import { readFences, type FenceTable } from '../fences.js';
import { checkIdentity } from '../file-identities.js';
import type { Files } from '../files.js';
import type { ShardIndexSettings } from '../index-state.js';
import { manifestFormat, readManifest, writeManifest, type Manifest } from '../manifest.js';
import type { FenceFile } from './fence-files.js';
import { SealedSegment } from '../segment/sealed-segment.js';
import { SegmentState, type SealedState } from '../segment/segment-state.js';
import { readTombstones } from '../segment/tombstones.js';

/** File name of segment `number`. */
export function segmentName(number: number): string {
  return `${padded(number)}.segment`;
}

/** File name of a tombstone file; `number` is its own, not the segment's. */
export function tombstoneName(number: number): string {
  return `${padded(number)}.tombstones`;
}

/** File name of remembered superseded ids. */
export function fencesName(number: number): string {
  return `${padded(number)}.fences`;
}

/** File name of a manifest that a snapshot keeps. */
export function snapshotName(number: number): string {
  return `${padded(number)}.snapshot`;
}

/** Every file that a manifest names. */
export function namedFiles({ segments, fences }: Pick<Manifest, 'segments' | 'fences'>): string[] {
  const named = segments.flatMap(({ file, tombstones }) => (tombstones === null ? [file] : [file, tombstones]));
  return fences === undefined ? named : [...named, ...fences.files];
}

/**
 * The manifest of `directory`, made with no segments when the directory is new.
 * FAILED_PRECONDITION when it was made with other settings; DATA_LOSS when segments lie there without a manifest;
 * RESOURCE_EXHAUSTED when the disk has no room for a new one.
 */
export async function openManifest(files: Files, directory: string, settings: ShardIndexSettings): Promise<Manifest> {
  try {
    await files.makeDirectory(directory);
    await files.syncDirectory(dirname(directory));
  } catch (error) {
    throw diskError(error, directory);
  }
  const found = await readManifest(files, directory);
  if (found !== null) {
    if (found.dim === settings.dim && found.tokenDim === settings.tokenDim) return found;
    const have = `dim ${found.dim} and tokenDim ${found.tokenDim}`;
    const want = `dim ${settings.dim} and tokenDim ${settings.tokenDim}`;
    throw new ShoalError(
      'FAILED_PRECONDITION',
      `${directory} holds an index of ${have}, not ${want}; use another directory`,
    );
  }
  if ((await files.list(directory)).some((name) => name.endsWith('.segment'))) {
    throw new ShoalError('DATA_LOSS', `${directory} holds segments and no manifest; restore this replica from a peer`);
  }
  const { dim, tokenDim } = settings;
  const empty = {
    format: manifestFormat,
    dim,
    tokenDim,
    structureVersion: 0,
    nextNumber: 1,
    segments: [],
    applied: {},
  };
  await writeManifest(files, directory, empty);
  return empty;
}

/** Opens every segment that the manifest names. On an error those opened so far are closed; DATA_LOSS also where another file lies in the place of one. */
export async function openSegments(files: Files, directory: string, manifest: Manifest): Promise<SealedState[]> {
  const states: SealedState[] = [];
  const check = (name: string): void => checkIdentity(files, directory, name, manifest.identities ?? {});
  try {
    for (const { file, tombstones } of manifest.segments) {
      const reader = openSegment(files, directory, file);
      const isClean = tombstones === null;
      const live = isClean
        ? null
        : await closingOnError(reader, livingRows(files, join(directory, tombstones), reader.rowCount));
      const state = new SegmentState(reader, file, live);
      state.tombstones = tombstones;
      states.push(state);
      for (const name of tombstones === null ? [file] : [file, tombstones]) check(name);
    }
  } catch (error) {
    for (const state of states) state.retire();
    throw error;
  }
  return states;
}

function livingRows(files: Files, path: string, rows: number): Promise<Uint8Array> {
  return notMissing(path, readTombstones(files, path, rows));
}

async function closingOnError<T>(reader: SealedSegment, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    reader.close();
    throw error;
  }
}

function openSegment(files: Files, directory: string, file: string): SealedSegment {
  try {
    return SealedSegment.open(files, join(directory, file));
  } catch (error) {
    if (ShoalError.from(error).code !== 'NOT_FOUND') throw error;
    throw missing(join(directory, file), error);
  }
}

/** Removes what a crash left: unfinished files and files that the manifest does not name. Other files are left alone. */
export async function removeOrphans(files: Files, directory: string, manifest: Manifest): Promise<void> {
  const named = new Set(namedFiles(manifest));
  for (const name of await files.list(directory)) {
    const isOurs =
      /^(\d{10}\.(segment|tombstones|fences|snapshot)|manifest)(\.tmp)?$/.test(name) && name !== 'manifest';
    if (isOurs && (name.endsWith(temporarySuffix) || !named.has(name))) await files.remove(join(directory, name));
  }
}

/** Takes what the manifest remembers of superseded ids into `table`, and says which file holds what. DATA_LOSS when one is damaged or missing. */
export async function openFences(
  files: Files,
  directory: string,
  { manifest, table }: { readonly manifest: Manifest; readonly table: FenceTable },
): Promise<readonly FenceFile[]> {
  const opened: FenceFile[] = [];
  for (const name of manifest.fences?.files ?? []) {
    const path = join(directory, name);
    const from = table.snapshot().end;
    table.load(await notMissing(path, readFences(files, path)));
    checkIdentity(files, directory, name, manifest.identities ?? {});
    opened.push({ name, from, to: table.snapshot().end });
  }
  if (manifest.fences !== undefined) table.advance(manifest.fences.timeMs);
  return opened;
}

/** `reading` of a file that the manifest names: DATA_LOSS when it does not exist. */
async function notMissing<T>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw missing(path, error);
    throw error;
  }
}

function missing(path: string, cause: unknown): ShoalError {
  const message = `${path}, which the manifest names, does not exist; restore this replica from a peer`;
  return new ShoalError('DATA_LOSS', message, { cause });
}

function padded(number: number): string {
  return String(number).padStart(10, '0');
}
