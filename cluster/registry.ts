/**
 * Who is there and who holds what: the small, strongly consistent store of a cluster, as etcd offers it.
 *
 * Two implementations pass one conformance suite: `cluster/embedded` (lmdb, one process) and etcd. Keys are paths such as
 * `collections/glosses`; values are bytes (protobuf messages of `shoal.v1`). Every successful write gets the next revision.
 */

export interface RegistryEntry {
  readonly key: string;
  readonly value: Uint8Array;
  /** Revision of the write that made this value; compared by transactions. */
  readonly revision: bigint;
}

/** Holds when the key was last written at `revision`; 0 = the key does not exist. */
export interface RegistryCondition {
  readonly key: string;
  readonly revision: bigint;
}

export type RegistryWrite =
  | { readonly operation: 'put'; readonly key: string; readonly value: Uint8Array; readonly lease?: Lease }
  | { readonly operation: 'delete'; readonly key: string };

export type RegistryEvent =
  | { readonly kind: 'put'; readonly entry: RegistryEntry }
  | { readonly kind: 'delete'; readonly key: string; readonly revision: bigint };

/** A promise to be alive: keys bound to it vanish when it is revoked or not kept alive within its time to live. */
export interface Lease {
  readonly id: string;
  /** Aborts when the lease is lost; its keys may be gone already. */
  readonly lost: AbortSignal;
  /** Ends the lease and deletes its keys. Idempotent. */
  revoke(): Promise<void>;
}

/** A watch over a prefix. It begins with every present entry as `put` events, then follows; it never skips a change. */
export interface RegistryWatch extends AsyncIterable<readonly RegistryEvent[]> {
  close(): Promise<void>;
}

export interface Registry {
  /** The entry of `key`, or null. */
  get(key: string): Promise<RegistryEntry | null>;
  /** All entries whose key begins with `prefix`, ascending by key. */
  list(prefix: string): Promise<readonly RegistryEntry[]>;
  /** Applies all `writes` if all `conditions` hold, else none. Gives the new revision, or null when a condition failed. */
  transact(conditions: readonly RegistryCondition[], writes: readonly RegistryWrite[]): Promise<bigint | null>;
  /** Events under `prefix`, batched by revision. */
  watch(prefix: string): RegistryWatch;
  /** A lease kept alive by this registry until revoked. `ttlMs` = how long keys outlive a dead holder. */
  lease(ttlMs: number): Promise<Lease>;
  /** Releases connections, files and watches. Idempotent. */
  close(): Promise<void>;
}
