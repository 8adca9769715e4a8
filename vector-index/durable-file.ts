/**
 * Files that appear whole or not at all: written under a temporary name, fsynced, renamed, and the directory fsynced.
 *
 * After `commitFile` returns, a crash cannot lose the file; before, at most a `*.tmp` orphan is left, which `open` removes.
 * After an error that is no crash not even that is left: a full disk must not be filled further by those who try again.
 */
import { basename, dirname } from 'node:path';
import { ShoalError } from '../base/errors.js';
import type { Files } from './files.js';

/** Suffix of files that are being written. */
export const temporarySuffix = '.tmp';

/** Writes `bytes` to `path` durably, replacing what was there. RESOURCE_EXHAUSTED when the disk is full. */
export async function writeDurably(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = path + temporarySuffix;
  try {
    await writeSynced(files, temporary, bytes);
    await commitFile(files, temporary, path);
  } catch (error) {
    await files.remove(temporary);
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

async function writeSynced(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const file = await files.create(path);
  try {
    await file.write(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Renames the fsynced file `temporary` to `path` and fsyncs their directory. */
export async function commitFile(files: Files, temporary: string, path: string): Promise<void> {
  await files.rename(temporary, path);
  await files.syncDirectory(dirname(path));
}
