/** The files of an index directory: their names, opening what the manifest names, removing what it does not. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ShoalError } from '../../base/errors.js';
import { temporarySuffix } from '../durable-file.js';
import type { ShardIndexSettings } from '../index-state.js';
import { manifestFormat, readManifest, writeManifest, type Manifest } from '../manifest.js';
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

/**
 * The manifest of `directory`, made with no segments when the directory is new.
 * FAILED_PRECONDITION when it was made with other settings; DATA_LOSS when segments lie there without a manifest.
 */
export async function openManifest(directory: string, settings: ShardIndexSettings): Promise<Manifest> {
  await mkdir(directory, { recursive: true });
  const found = await readManifest(directory);
  if (found !== null) {
    if (found.dim === settings.dim && found.tokenDim === settings.tokenDim) return found;
    const have = `dim ${found.dim} and tokenDim ${found.tokenDim}`;
    const want = `dim ${settings.dim} and tokenDim ${settings.tokenDim}`;
    throw new ShoalError(
      'FAILED_PRECONDITION',
      `${directory} holds an index of ${have}, not ${want}; use another directory`,
    );
  }
  if ((await readdir(directory)).some((name) => name.endsWith('.segment'))) {
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
  await writeManifest(directory, empty);
  return empty;
}

/** Opens every segment that the manifest names. On an error those opened so far are closed. */
export async function openSegments(directory: string, manifest: Manifest): Promise<SealedState[]> {
  const states: SealedState[] = [];
  try {
    for (const { file, tombstones } of manifest.segments) {
      const reader = openSegment(directory, file);
      const isClean = tombstones === null;
      const live = isClean
        ? null
        : await closingOnError(reader, readTombstones(join(directory, tombstones), reader.rowCount));
      const state = new SegmentState(reader, file, live);
      state.tombstones = tombstones;
      states.push(state);
    }
  } catch (error) {
    for (const state of states) state.retire();
    throw error;
  }
  return states;
}

async function closingOnError<T>(reader: SealedSegment, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    reader.close();
    throw error;
  }
}

function openSegment(directory: string, file: string): SealedSegment {
  try {
    return SealedSegment.open(join(directory, file));
  } catch (error) {
    if (ShoalError.from(error).code !== 'NOT_FOUND') throw error;
    const message = `${join(directory, file)}, which the manifest names, does not exist; restore this replica from a peer`;
    throw new ShoalError('DATA_LOSS', message, { cause: error });
  }
}

/** Removes what a crash left: unfinished files and files that the manifest does not name. Other files are left alone. */
export async function removeOrphans(directory: string, manifest: Manifest): Promise<void> {
  const named = new Set(manifest.segments.flatMap(({ file, tombstones }) => [file, tombstones]));
  for (const name of await readdir(directory)) {
    const isOurs = /^(\d{10}\.(segment|tombstones)|manifest)(\.tmp)?$/.test(name) && name !== 'manifest';
    if (isOurs && (name.endsWith(temporarySuffix) || !named.has(name))) await rm(join(directory, name));
  }
}

function padded(number: number): string {
  return String(number).padStart(10, '0');
}
