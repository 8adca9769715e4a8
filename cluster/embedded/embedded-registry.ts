/**
 * The registry of one process: all entries in memory, every change in lmdb before it shows.
 *
 * Keys under a lease live in memory alone, since no holder outlives the process; only the revision that they were given is kept.
 */
import { join } from 'node:path';
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type {
  Lease,
  Registry,
  RegistryCondition,
  RegistryEntry,
  RegistryEvent,
  RegistryWatch,
  RegistryWrite,
} from '../registry.js';
import { assertRoom, checkFormat, diskError } from './disk-format.js';
import { checkStore, LmdbStore, type StoreWrite } from './lmdb-store.js';
import { EmbeddedWatch } from './registry-watch.js';

export const registryFormat = 2;
const mapBytes = 16 * 1024 * 1024;
const revisionKey = Buffer.from([1]);
/** First byte of the keys of entries. */
const entryMark = 2;
const keyBytesMax = 1_000;

export interface EmbeddedRegistryOptions {
  /** Its own folder; created when missing. */
  readonly directory: string;
  readonly logger: Logger;
}

/** Opens the registry in `directory`. FAILED_PRECONDITION for another format, DATA_LOSS for a damaged file. */
export async function openEmbeddedRegistry(options: EmbeddedRegistryOptions): Promise<Registry> {
  await checkFormat(options.directory, 'registry', registryFormat);
  const store = await LmdbStore.open(join(options.directory, 'registry.mdb'), { mapBytes });
  return new EmbeddedRegistry(options, store);
}

/** What the registry in the file at `path`, which no one has open, holds: values by key. DATA_LOSS for a damaged file. */
export async function readRegistry(path: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const entries = new Map<string, Uint8Array>();
  await checkStore(path, {}, (key, value) => {
    if (key[0] === entryMark) entries.set(key.toString('utf8', 1), stored(key, value).value);
  });
  return entries;
}

interface HeldEntry extends RegistryEntry {
  readonly leaseId: string | null;
}

class EmbeddedRegistry implements Registry {
  readonly #options: EmbeddedRegistryOptions;
  readonly #store: LmdbStore;
  readonly #entries: Map<string, HeldEntry>;
  readonly #watches = new Set<EmbeddedWatch>();
  readonly #leases = new Map<string, AbortController>();
  #revision: bigint;
  #leasesGiven = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: EmbeddedRegistryOptions, store: LmdbStore) {
    this.#options = options;
    this.#store = store;
    this.#revision = store.get(revisionKey)?.readBigUInt64LE(0) ?? 0n;
    const keys = store.keys({ start: Buffer.from([entryMark]), end: Buffer.from([entryMark + 1]) });
    this.#entries = new Map(keys.map((key) => [key.toString('utf8', 1), stored(key, store.get(key))]));
  }

  async get(key: string): Promise<RegistryEntry | null> {
    this.#assertOpen();
    const held = this.#entries.get(key);
    return held === undefined ? null : shown(held);
  }

  async list(prefix: string): Promise<readonly RegistryEntry[]> {
    this.#assertOpen();
    return this.#under(prefix);
  }

  transact(conditions: readonly RegistryCondition[], writes: readonly RegistryWrite[]): Promise<bigint | null> {
    return this.#inTurn(() => this.#transact(conditions, writes));
  }

  watch(prefix: string): RegistryWatch {
    this.#assertOpen();
    const present = this.#under(prefix).map((entry): RegistryEvent => ({ kind: 'put', entry }));
    const watch = new EmbeddedWatch(prefix, present, () => this.#watches.delete(watch));
    this.#watches.add(watch);
    return watch;
  }

  /** Held as long as this process runs: `ttlMs` matters only where a holder can die alone. */
  async lease(_ttlMs: number): Promise<Lease> {
    this.#assertOpen();
    this.#leasesGiven += 1;
    const id = String(this.#leasesGiven);
    const lost = new AbortController();
    this.#leases.set(id, lost);
    return { id, lost: lost.signal, revoke: () => this.#inTurn(() => this.#revoke(id)) };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#queue.catch(() => undefined);
    for (const watch of [...this.#watches]) await watch.close();
    for (const lost of this.#leases.values()) lost.abort(closed());
    await this.#store.close();
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(task, task);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #transact(conditions: readonly RegistryCondition[], writes: readonly RegistryWrite[]): Promise<bigint | null> {
    this.#assertOpen();
    this.#check(writes);
    const holds = conditions.every(({ key, revision }) => (this.#entries.get(key)?.revision ?? 0n) === revision);
    if (!holds) return null;
    const effective = writes.filter((write) => write.operation === 'put' || this.#entries.has(write.key));
    if (effective.length > 0) await this.#apply(effective);
    return this.#revision;
  }

  async #revoke(id: string): Promise<void> {
    if (this.#isClosed || !this.#leases.delete(id)) return;
    const keys = [...this.#entries.values()].filter((held) => held.leaseId === id).map(({ key }) => key);
    if (keys.length > 0) await this.#apply(keys.map((key) => ({ operation: 'delete', key })));
  }

  /** To the disk first, then to memory and the watches: what anyone saw is never taken back. */
  async #apply(writes: readonly RegistryWrite[]): Promise<void> {
    const revision = this.#revision + 1n;
    try {
      await assertRoom(this.#options.directory, 0, 'a change of the registry');
      await this.#store.commit([...writes.map((write) => onDisk(write, revision)), revisionWrite(revision)]);
    } catch (thrown) {
      throw await diskError(thrown, 'a change of the registry', this.#options.directory);
    }
    this.#revision = revision;
    const events = writes.map((write): RegistryEvent => {
      if (write.operation === 'delete') {
        this.#entries.delete(write.key);
        return { kind: 'delete', key: write.key, revision };
      }
      const held = { key: write.key, value: new Uint8Array(write.value), revision, leaseId: write.lease?.id ?? null };
      this.#entries.set(write.key, held);
      return { kind: 'put', entry: shown(held) };
    });
    for (const watch of this.#watches) watch.deliver(events);
  }

  #check(writes: readonly RegistryWrite[]): void {
    const keys = new Set<string>();
    for (const write of writes) {
      const isKey = write.key.length > 0 && Buffer.byteLength(write.key) <= keyBytesMax && !keys.has(write.key);
      if (!isKey) throw badKey(write.key);
      keys.add(write.key);
      const lease = write.operation === 'put' ? write.lease : undefined;
      if (lease !== undefined && !this.#leases.has(lease.id)) throw lostLease(write.key);
    }
  }

  #under(prefix: string): RegistryEntry[] {
    const keys = [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort(byBytes);
    return keys.flatMap((key) => {
      const held = this.#entries.get(key);
      return held === undefined ? [] : [shown(held)];
    });
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closed();
  }
}

function closed(): ShoalError {
  return new ShoalError('UNAVAILABLE', 'the registry was closed');
}

function badKey(key: string): ShoalError {
  const message = `registry key ${JSON.stringify(key)} is empty, longer than ${keyBytesMax} bytes or written twice at once`;
  return new ShoalError('INVALID_ARGUMENT', message);
}

function lostLease(key: string): ShoalError {
  return new ShoalError('FAILED_PRECONDITION', `the lease for key ${key} is over; take a new one`);
}

/** A copy that the caller may keep. */
function shown({ key, value, revision }: HeldEntry): RegistryEntry {
  return { key, value: new Uint8Array(value), revision };
}

function diskKey(key: string): Buffer {
  return Buffer.concat([Buffer.from([entryMark]), Buffer.from(key)]);
}

/** Value on disk: revision u64 little-endian, then the bytes. A leased value replaces a lasting one by nothing. */
function onDisk(write: RegistryWrite, revision: bigint): StoreWrite {
  if (write.operation === 'delete' || write.lease !== undefined) return { key: diskKey(write.key), value: null };
  const value = Buffer.alloc(8 + write.value.length);
  value.writeBigUInt64LE(revision);
  value.set(write.value, 8);
  return { key: diskKey(write.key), value };
}

function revisionWrite(revision: bigint): StoreWrite {
  const value = Buffer.alloc(8);
  value.writeBigUInt64LE(revision);
  return { key: revisionKey, value };
}

function stored(key: Buffer, value: Buffer | undefined): HeldEntry {
  if (value === undefined || value.length < 8) {
    throw new ShoalError('DATA_LOSS', `the registry's entry ${key.toString('utf8', 1)} is damaged`);
  }
  const copy = new Uint8Array(value.subarray(8));
  return { key: key.toString('utf8', 1), value: copy, revision: value.readBigUInt64LE(0), leaseId: null };
}

function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
