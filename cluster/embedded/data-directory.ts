/**
 * The data directory belongs to one process at a time.
 *
 * The lock is a file with the holder's pid and the instant its process began, since pids come back. It appears whole (hard link) and a dead
 * holder's lock is taken over by renaming it away, so that of two who try only one succeeds.
 */
import { existsSync } from 'node:fs';
import { link, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ShoalError } from '../../base/errors.js';
import { checkFormat, inFolder } from './disk-format.js';

export const dataFormat = 1;
const attemptsMax = 10;

/** Who holds a directory. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Clock ticks since boot at which the process began; '' where the system does not say. */
  readonly began: string;
}

export interface DirectoryLock {
  /** Idempotent. */
  release(): Promise<void>;
}

/**
 * Takes `directory`, creating it. FAILED_PRECONDITION when a live process has it, naming its pid, when the data in it has a newer
 * format, or when no folder can be there; PERMISSION_DENIED when this process may not write to it.
 */
export async function lockDataDirectory(directory: string): Promise<DirectoryLock> {
  await checkFormat(directory, 'data', dataFormat);
  const path = join(directory, 'lock');
  const mine: Holder = { pid: process.pid, host: hostname(), began: (await beganAt(process.pid)) ?? '' };
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    if (await inFolder(directory, () => take(path, mine))) return held(path);
    const text = await readIfThere(path);
    const holder = text === null ? null : parse(text);
    if (holder !== null && (await isAlive(holder, mine))) throw inUse(directory, path, holder);
    if (text !== null) await clearStale(path, text);
  }
  throw new ShoalError('FAILED_PRECONDITION', `${path} changes all the time; is another process starting there?`);
}

/** FAILED_PRECONDITION when a live process has `directory`; takes nothing and writes nothing. */
export async function assertNotInUse(directory: string): Promise<void> {
  const path = join(directory, 'lock');
  const text = await readIfThere(path);
  const holder = text === null ? null : parse(text);
  const mine: Holder = { pid: process.pid, host: hostname(), began: '' };
  if (holder !== null && (await isAlive(holder, mine))) throw inUse(directory, path, holder);
}

function held(path: string): DirectoryLock {
  const state = { isReleased: false };
  return {
    release: async () => {
      if (state.isReleased) return;
      state.isReleased = true;
      await rm(path, { force: true });
    },
  };
}

async function take(path: string, mine: Holder): Promise<boolean> {
  const own = `${path}.${mine.pid}`;
  await writeFile(own, JSON.stringify(mine));
  try {
    await link(own, path);
    return true;
  } catch (thrown) {
    if (isCode(thrown, 'EEXIST')) return false;
    throw thrown;
  } finally {
    await unlink(own);
  }
}

/** Moves the stale lock away; puts it back when it turns out to be another one, taken meanwhile. */
async function clearStale(path: string, expected: string): Promise<void> {
  const aside = `${path}.stale.${process.pid}`;
  try {
    await rename(path, aside);
  } catch (thrown) {
    if (isCode(thrown, 'ENOENT')) return;
    throw thrown;
  }
  if ((await readIfThere(aside)) !== expected) await link(aside, path);
  await unlink(aside);
}

/** A lock from another machine or container is believed: its pid says nothing here. */
async function isAlive(holder: Holder, mine: Holder): Promise<boolean> {
  if (holder.host !== mine.host) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (thrown) {
    if (isCode(thrown, 'ESRCH')) return false;
  }
  const began = await beganAt(holder.pid);
  return began === null || holder.began === '' || began === holder.began;
}

/** Field 22 of /proc/PID/stat; null for a zombie's or where there is no /proc. */
async function beganAt(pid: number): Promise<string | null> {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return null;
  const text = (await readIfThere(stat)) ?? '';
  // The second field is the command in parentheses, which may hold anything.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function inUse(directory: string, path: string, holder: Holder): ShoalError {
  const where = holder.host === hostname() ? `process ${holder.pid}` : `process ${holder.pid} on ${holder.host}`;
  const message =
    `the data directory ${directory} is in use by ${where}; stop that process or choose another directory with --data ` +
    `(if it is certainly gone, remove ${path})`;
  return new ShoalError('FAILED_PRECONDITION', message, { details: { pid: String(holder.pid), host: holder.host } });
}

function parse(text: string): Holder | null {
  const match = /^\{"pid":(\d+),"host":"([^"]*)","began":"(\d*)"\}$/.exec(text);
  if (match === null) return null;
  return { pid: Number(match[1]), host: match[2] ?? '', began: match[3] ?? '' };
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (isCode(thrown, 'ENOENT') || isCode(thrown, 'ESRCH')) return null;
    throw thrown;
  }
}

function isCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}
