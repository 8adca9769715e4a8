/**
 * Files that appear whole or not at all: written under a temporary name, fsynced, renamed, and the directory fsynced.
 *
 * After `commitFile` returns, a crash cannot lose the file; before, at most a `*.tmp` orphan is left, which `open` removes.
 */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Suffix of files that are being written. */
export const temporarySuffix = '.tmp';

/** Writes `bytes` to `path` durably, replacing what was there. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = path + temporarySuffix;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await commitFile(temporary, path);
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
