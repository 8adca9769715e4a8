/**
 * One lmdb file as Shoal uses it: binary keys and values, and a write that resolves only when it is on disk.
 *
 * `overlappingSync` is off, so that a commit fsyncs before it is reported; all writes of one `commit` are one transaction. lmdb has no
 * checksums and ends the process where a page leads out of the file, so that a file is walked before it is opened (`lmdb-check.ts`)
 * and every value carries a seal. Promised for a file that changed while no one had it open: one damaged bit or a lost end is
 * found at the opening, or at the reading of a large value, or lies in bytes without meaning. Not promised: what changes under a
 * running process, and a file replaced by an older, whole copy of itself.
 */
import { constants, existsSync } from 'node:fs';
import { open as openFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { open, type RootDatabase } from 'lmdb';
import { diskError, syncDirectory } from './disk-format.js';
import { checkLmdb, type CheckedEntry } from './lmdb-check.js';
import { LmdbPages } from './lmdb-pages.js';
import { openSealed, sealValue } from './sealed-value.js';

/** More than lmdb needs for the readers that are allowed below. */
const lockBytes = 4_096;
/** In every file, so that its tree is never empty; no caller uses it. */
const markKey = Buffer.from([0]);

export interface StoreWrite {
  readonly key: Buffer;
  /** null removes the key. */
  readonly value: Uint8Array | null;
}

export interface KeyRange {
  readonly start: Buffer;
  /** Exclusive. */
  readonly end: Buffer;
  readonly limit?: number;
  /** From the end downwards: `start` is then the upper bound, inclusive, and `end` the lower one, exclusive. */
  readonly reverse?: boolean;
}

export interface LmdbStoreOptions {
  /** Address space, no memory; grows by itself. */
  readonly mapBytes: number;
  /** Entries with checksums of their own, which are stored as they are; all others are sealed. */
  readonly own?: OwnChecks;
}

export interface OwnChecks {
  has(key: Buffer): boolean;
  /** Throws DATA_LOSS unless the entry, of a key that it has, is whole. */
  check(entry: CheckedEntry): void;
}

/**
 * DATA_LOSS, naming the file, unless the file at `path`, which no one has open, is whole: every page and every entry of it. `onSealed`
 * gets each sealed entry, as views that are valid during the call.
 */
export async function checkStore(
  path: string,
  options: Pick<LmdbStoreOptions, 'own'>,
  onSealed: (key: Buffer, value: Buffer) => void = () => undefined,
): Promise<void> {
  const pages = new LmdbPages(path);
  try {
    await checkLmdb(pages, (entry) => {
      if (options.own?.has(entry.key) === true) options.own.check(entry);
      else onSealed(entry.key, openSealed(entry.key, entry.value(), path));
    });
  } finally {
    pages.close();
  }
}

export class LmdbStore {
  readonly #path: string;
  readonly #options: LmdbStoreOptions;
  #database: RootDatabase<Buffer, Buffer>;
  #commits = 0;
  #isClosed = false;

  private constructor(path: string, options: LmdbStoreOptions) {
    this.#path = path;
    this.#options = options;
    this.#database = this.#open();
  }

  /**
   * Opens the file at `path`, which no other process has, or creates it. DATA_LOSS, naming it, when it is damaged: it is walked from
   * end to end before lmdb sees it.
   */
  static async open(path: string, options: LmdbStoreOptions): Promise<LmdbStore> {
    if (existsSync(path)) await checkStore(path, options);
    else await LmdbStore.#create(path, options);
    await layLock(path);
    return new LmdbStore(path, options);
  }

  /** A file is there whole, with its first transactions, or not at all: an empty one is damaged. */
  static async #create(path: string, options: LmdbStoreOptions): Promise<void> {
    const temporary = `${path}.new`;
    await rm(temporary, { force: true });
    await layLock(temporary);
    const store = new LmdbStore(temporary, options);
    // The check relies on two transactions with a root.
    for (const value of [1, 2]) await store.commit([{ key: markKey, value: Uint8Array.of(value) }]);
    await store.close();
    await rm(`${temporary}-lock`, { force: true });
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  }

  /** Transactions committed since it was opened. */
  get commits(): number {
    return this.#commits;
  }

  /** A copy of the value of `key`, or undefined. DATA_LOSS when its seal does not match. */
  get(key: Buffer): Buffer | undefined {
    const stored = this.#database.getBinary(key);
    if (stored === undefined || this.#isOwn(key)) return stored;
    return openSealed(key, stored, this.#path);
  }

  /** The keys of `range` in order, as copies. */
  keys(range: KeyRange): Buffer[] {
    return [...this.#database.getKeys(range)];
  }

  /** Makes what was committed visible to the next reads of this turn of the event loop. */
  refresh(): void {
    this.#database.resetReadTxn();
  }

  /** Applies all `writes` or none; resolves when they are on disk. */
  async commit(writes: readonly StoreWrite[]): Promise<void> {
    const batch = this.#database.batch(() => {
      for (const { key, value } of writes) void (value === null ? this.#database.remove(key) : this.#put(key, value));
    });
    const outcome = batch.then(() => null, commitCause);
    // The library makes a second promise for the same transaction at the end of this turn; `outcome` tells its failure.
    await setImmediate();
    void this.#database.committed.then(ignore, ignore);
    const cause = await outcome;
    if (cause !== null) {
      await this.#reopen();
      throw cause;
    }
    this.#commits += 1;
    this.refresh();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#database.close();
  }

  #open(): RootDatabase<Buffer, Buffer> {
    return open<Buffer, Buffer>({
      path: this.#path,
      noSubdir: true,
      encoding: 'binary',
      keyEncoding: 'binary',
      overlappingSync: false,
      mapSize: this.#options.mapBytes,
      maxDbs: 1,
      maxReaders: 16,
    });
  }

  /** After a failed commit the library's queue of writes never recovers; the file itself is as before the commit. */
  async #reopen(): Promise<void> {
    await this.#database.close();
    this.#database = this.#open();
  }

  #put(key: Buffer, value: Uint8Array): Promise<boolean> {
    return this.#database.put(key, this.#isOwn(key) ? asBuffer(value) : sealValue(key, value));
  }

  #isOwn(key: Buffer): boolean {
    return this.#options.own?.has(key) === true;
  }
}

/**
 * Clears what readers and writers of an earlier process left in the lock file, and gives it its blocks: lmdb maps it and writes into
 * the map, which ends the process where the disk has no room for it.
 */
async function layLock(path: string): Promise<void> {
  const handle = await openFile(`${path}-lock`, constants.O_RDWR | constants.O_CREAT);
  try {
    await handle.write(Buffer.alloc(lockBytes), 0, lockBytes, 0);
  } catch (thrown) {
    throw await diskError(thrown, `the lock of ${path}`, dirname(path));
  } finally {
    await handle.close();
  }
}

function asBuffer(value: Uint8Array): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function ignore(): void {
  // Told elsewhere.
}

/** lmdb rejects with a wrapper first and says why in a promise of its own. */
async function commitCause(thrown: unknown): Promise<Error> {
  const wrapper = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (!('commitError' in wrapper)) return wrapper;
  try {
    return new Error(`${wrapper.message}: ${String(await wrapper.commitError)}`);
  } catch (cause) {
    return cause instanceof Error ? cause : wrapper;
  }
}
