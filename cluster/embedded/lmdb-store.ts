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
  readonly #database: RootDatabase<Buffer, Buffer>;
  #commits = 0;
  #isClosed = false;

  /** Opens or creates the file at `path`; `mapBytes` is address space, no memory, and grows by itself. */
  constructor(path: string, mapBytes: number) {
    this.#database = open<Buffer, Buffer>({
      path,
      noSubdir: true,
      encoding: 'binary',
      keyEncoding: 'binary',
      overlappingSync: false,
      mapSize: mapBytes,
      maxDbs: 1,
      maxReaders: 16,
    });
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
    try {
      await this.#database.batch(() => {
        for (const { key, value } of writes) void (value === null ? this.#database.remove(key) : this.#put(key, value));
      });
    } catch (thrown) {
      throw await commitCause(thrown);
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

  #put(key: Buffer, value: Uint8Array): Promise<boolean> {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return this.#database.put(key, bytes);
  }
}

/** lmdb rejects with a wrapper first and says why a moment later. */
async function commitCause(thrown: unknown): Promise<unknown> {
  if (!(thrown instanceof Error) || !('commitError' in thrown)) return thrown;
  const unknown = setImmediate(thrown, { ref: false });
  try {
    return await Promise.race([thrown.commitError, unknown]);
  } catch (cause) {
    return cause;
  }
}
