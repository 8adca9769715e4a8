/** The 64-bit name of a document id: XXH64 with seed 0 over its UTF-8 bytes, the same on every node and in every file. */
import xxhash from 'xxhash-wasm';

export type IdHasher = (id: string) => bigint;

/** Loads the hash function. Call once at start and pass the function on. */
export async function createIdHasher(): Promise<IdHasher> {
  const api = await xxhash();
  return (id) => api.h64(id);
}
