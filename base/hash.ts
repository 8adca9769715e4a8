/** XXH64, the one hash of Shoal: of document ids in candidates and indexes, and of contents to find unchanged documents. */
import createXxhash from 'xxhash-wasm';

const hasher = await createXxhash();

/** XXH64 of `text` in UTF-8, seed 0. */
export function hashText(text: string): bigint {
  return hasher.h64(text);
}

/** XXH64 of `bytes`. A seed other than 0 chains: the hash of what came before. */
export function hashBytes(bytes: Uint8Array, seed = 0n): bigint {
  return hasher.h64Raw(bytes, seed);
}
