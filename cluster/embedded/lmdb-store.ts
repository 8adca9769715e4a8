/**
 * One lmdb file as Shoal uses it: binary keys and values, and a write that resolves only when it is on disk.
 *
 * `overlappingSync` is off, so that a commit fsyncs before it is reported; all writes of one `commit` are one transaction.
 */
import { open, type RootDatabase } from 'lmdb';
import { setImmediate } from 'node:timers/promises';

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

export class LmdbStore {
  readonly #path: string;
  readonly #mapBytes: number;
  #database: RootDatabase<Buffer, Buffer>;
  #commits = 0;
  #isClosed = false;

  /** Opens or creates the file at `path`; `mapBytes` is address space, no memory, and grows by itself. */
  constructor(path: string, mapBytes: number) {
    this.#path = path;
    this.#mapBytes = mapBytes;
    this.#database = this.#open();
  }

  /** Transactions committed since it was opened. */
  get commits(): number {
    return this.#commits;
  }

  /** A copy of the value of `key`, or undefined. */
  get(key: Buffer): Buffer | undefined {
    return this.#database.getBinary(key);
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
      mapSize: this.#mapBytes,
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
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return this.#database.put(key, bytes);
  }
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
