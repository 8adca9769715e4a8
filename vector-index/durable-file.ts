/**
 * Files that appear whole or not at all: written under a temporary name, fsynced, renamed, and the directory fsynced.
 *
 * After `commitFile` returns, a crash cannot lose the file; before, at most a `*.tmp` orphan is left, which `open` removes.
 * After an error that is no crash not even that is left: a full disk must not be filled further by those who try again.
 */
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { ShoalError } from '../base/errors.js';

/** Suffix of files that are being written. */
export const temporarySuffix = '.tmp';

/** Writes `bytes` to `path` durably, replacing what was there. RESOURCE_EXHAUSTED when the disk is full. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = path + temporarySuffix;
  try {
    await writeSynced(temporary, bytes);
    await commitFile(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw diskError(error, path);
  }
}

/** `thrown` while `path` was written: RESOURCE_EXHAUSTED when the disk or its quota is full, else itself. */
export function diskError(thrown: unknown, path: string): unknown {
  const { code } = thrown as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return thrown;
  const message = `disk full: ${basename(path)} could not be written under ${dirname(path)} (${code}); free disk space`;
  return new ShoalError('RESOURCE_EXHAUSTED', message, { cause: thrown });
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Renames the fsynced file `temporary` to `path` and fsyncs their directory. */
export async function commitFile(temporary: string, path: string): Promise<void> {
  await rename(temporary, path);
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
