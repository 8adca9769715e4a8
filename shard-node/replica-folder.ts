/**
 * Where the data of a replica lie: a folder below that of its collection, one for each stay of the node in the shard's placement. What is left of an
 * earlier stay may lack what the log no longer has, and is never taken for that of a later one.
 */

/** The folder's name. A node's first stay, since the collection was made, has none in it. */
export function replicaFolder(shard: number, stay: bigint): string {
  return stay === 0n ? String(shard) : `${shard}-${stay}`;
}

/** Of which replica `name` is the folder, or what was set aside of it; null when it is none. */
export function parseReplicaFolder(name: string): { readonly shard: number; readonly stay: bigint } | null {
  const [, shard, stay] = /^(\d+)(?:-(\d+))?(?:\.damaged)?$/.exec(name) ?? [];
  return shard === undefined ? null : { shard: Number(shard), stay: BigInt(stay ?? 0) };
}
