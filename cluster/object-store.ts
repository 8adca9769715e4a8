/** Immutable objects too large for the registry: codebooks, list tables. JetStream's object store, or a folder when embedded. */

export interface ObjectStore {
  /** Stores `bytes` under `name`, durable and whole when it resolves. Names are paths of [a-z0-9._-] parts. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** The object, or null. DATA_LOSS when its checksum does not match. */
  get(name: string): Promise<Uint8Array | null>;
  /** Names that begin with `prefix`, ascending. */
  list(prefix: string): Promise<readonly string[]>;
  /** Idempotent. */
  delete(name: string): Promise<void>;
}
