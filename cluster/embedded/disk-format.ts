/** Files that are there whole or not at all, folders whose entries survive a power cut, and the version that a folder says it has. */
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ShoalError } from '../../base/errors.js';

/** Makes the entries of `directory` durable: files created, renamed or removed in it. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Creates `directory` with its parents, durably. FAILED_PRECONDITION when there can be no such folder, PERMISSION_DENIED when this
 * process may not make it.
 */
export async function ensureDirectory(directory: string): Promise<void> {
  // One by one: where a file system lets nothing be made, as under /proc, the recursive mkdir of Node 20 never ends.
  const missing: string[] = [];
  for (let at = resolve(directory); !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  for (const each of missing) {
    await inFolder(directory, async () => {
      await makeUnlessThere(each);
      await syncDirectory(dirname(each));
    });
  }
  const isFolder = await inFolder(directory, async () => (await stat(directory)).isDirectory());
  if (!isFolder) throw unusable(directory, 'it is a file');
}

async function makeUnlessThere(directory: string): Promise<void> {
  try {
    await mkdir(directory);
  } catch (thrown) {
    // Another opener may have been quicker.
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
  }
}

/** Does `work` in the data folder `directory`; what the system refuses becomes an error that says what to do. */
export async function inFolder<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw folderError(thrown, directory);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its file system takes no files and folders there',
  ENOTDIR: 'a part of its path is a file',
  EROFS: 'its file system is read-only',
  ELOOP: 'its path leads through a circle of links',
  ENAMETOOLONG: 'its name is too long',
};

function folderError(thrown: unknown, directory: string): unknown {
  const { code = '' } = thrown as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') {
    const message = `this process may not write to ${directory} (${code}); give it the rights, or choose another folder with --data`;
    return new ShoalError('PERMISSION_DENIED', message, { cause: thrown });
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(directory, 'a folder', thrown);
  const reason = reasons[code];
  return reason === undefined ? thrown : unusable(directory, `${reason} (${code})`, thrown);
}

function unusable(directory: string, why: string, cause?: unknown): ShoalError {
  const message = `${directory} cannot hold data: ${why}; choose another folder with --data`;
  return new ShoalError('FAILED_PRECONDITION', message, { cause });
}

/** Replaces `path` by `parts` in one step: written beside it, fsynced, renamed, the folder fsynced. `temporary` is on the same disk. */
export async function writeDurably(path: string, temporary: string, parts: readonly Uint8Array[]): Promise<void> {
  const handle = await open(temporary, 'w');
  try {
    for (const part of parts) await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

/**
 * Checks that `directory` has format `version`, writing it when the folder is new. FAILED_PRECONDITION when it has another one or
 * none that can be read; `what` names the folder's kind.
 */
export async function checkFormat(directory: string, what: string, version: number): Promise<void> {
  await ensureDirectory(directory);
  const path = join(directory, 'format');
  if (existsSync(path)) return await assertFormat(directory, what, version);
  await inFolder(directory, () => writeDurably(path, `${path}.new`, [Buffer.from(`${version}\n`)]));
}

/** As `checkFormat`, for a folder that has a format; nothing is written. */
export async function assertFormat(directory: string, what: string, version: number): Promise<void> {
  const text = (await readFile(join(directory, 'format'), 'latin1')).replace(/\n$/, '');
  const found = /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : null;
  if (found === version) return;
  const says = found === null ? `says format ${JSON.stringify(text.slice(0, 40))}` : `has format ${found}`;
  const message = `the ${what} in ${directory} ${says}, but this version of Shoal reads format ${version}`;
  throw new ShoalError('FAILED_PRECONDITION', message + adviceOf(found, version));
}

function adviceOf(found: number | null, version: number): string {
  if (found === null) return '; it is no data of Shoal, or damaged';
  if (found > version) return ' at most; use the newer version of Shoal that wrote it';
  return '; export it with the version that wrote it and import it here';
}

/**
 * Room that is left alone, so that purging, which makes room, can still write. lmdb also needs it: it maps new files before they have
 * blocks, and the process would be killed (SIGBUS) where the disk cannot give them.
 */
const reserveBytes = 4 * 1024 * 1024;

/** RESOURCE_EXHAUSTED unless `bytes` more fit on the disk of `directory`; `what` names them. */
export async function assertRoom(directory: string, bytes: number, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < bytes * 2 + reserveBytes) throw diskFull(directory, what);
}

/** A failed disk write as ShoalError: RESOURCE_EXHAUSTED when there is no room left, else UNAVAILABLE. */
export async function diskError(thrown: unknown, what: string, directory: string): Promise<ShoalError> {
  if (thrown instanceof ShoalError) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const { bavail, bsize } = await statfs(directory);
  // lmdb reports a write that was cut short as an input/output error.
  const isFull =
    /ENOSPC|EDQUOT|no space left|quota exceeded|mapsize limit/i.test(text) || bavail * bsize < reserveBytes;
  if (isFull) return diskFull(directory, what, thrown);
  return new ShoalError('UNAVAILABLE', `${what} could not be stored under ${directory}: ${text}`, { cause: thrown });
}

function diskFull(directory: string, what: string, cause?: unknown): ShoalError {
  const message = `the disk under ${directory} is full: ${what} was not stored; make room and try again`;
  return new ShoalError('RESOURCE_EXHAUSTED', message, { cause });
}
