/** A collection of ready-made vectors in clusters, as encoders give them, and what a search of it finds. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.js';
import { seededRandom } from '../../base/random.js';
import type { ShoalClient } from '../../client/sdk/connect.js';
import type { Document } from '../../client/sdk/types.js';

export const dim = 16;
const clusters = 40;

/** `count` unit vectors around forty centres; the same for the same `seed`. */
export function clusteredVectors(count: number, seed: number): Float32Array[] {
  const centres = Array.from({ length: clusters }, (_, i) => around(new Float32Array(dim), 1, 1_000 + i));
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const centre = centres[random.below(clusters)]!;
    return unit(centre.map((value) => value + 0.12 * random.normal()));
  });
}

/** Documents `0` … with these vectors. */
export function vectorDocuments(vectors: readonly Float32Array[], from = 0): Document[] {
  return vectors.map((vector, i) => ({ id: String(from + i), text: `document ${from + i}`, vector }));
}

/** Creates `name` and writes documents with `vectors` into it. */
export async function fill(client: ShoalClient, name: string, vectors: readonly Float32Array[]): Promise<void> {
  await client.collections.create(name, { model: 'none', dim });
  for (let at = 0; at < vectors.length; at += 1_000)
    await client.documents.upsert(name, vectorDocuments(vectors.slice(at, at + 1_000), at));
}

/** Resolves once `replicas` replicas of `name`, those included that come up meanwhile, have its newest structure and all of their rows in it. */
export async function settled(client: ShoalClient, name: string, replicas: number): Promise<void> {
  for (;;) {
    const newest = (await client.collections.describe(name)).structureVersion;
    const { shards } = await client.cluster.shards(name);
    const all = shards.flatMap((shard) => shard.replicas);
    const done = all.filter(({ structureVersion, olderRows }) => structureVersion === newest && olderRows === 0);
    if (done.length === replicas) return;
    await systemClock.pause();
  }
}

/** Share of the ten exact hits of each query that a plain search finds too, and the lists that it probed on average. */
export async function recallOf(
  client: ShoalClient,
  name: string,
  queries: readonly Float32Array[],
): Promise<{ readonly recall: number; readonly probed: number; readonly lists: number }> {
  const sums = { found: 0, wanted: 0, probed: 0, lists: 0 };
  for (const query of queries) {
    const options = { mode: 'dense', k: 10 } as const;
    const plain = await client.search(name, query, options);
    const exact = await client.search(name, query, { ...options, exact: true });
    const ids = new Set(plain.hits.map(({ id }) => id));
    sums.found += exact.hits.filter(({ id }) => ids.has(id)).length;
    sums.wanted += exact.hits.length;
    sums.probed += plain.coverage.listsProbed;
    sums.lists = plain.coverage.listsTotal;
  }
  return { recall: sums.found / sums.wanted, probed: sums.probed / queries.length, lists: sums.lists };
}

/** Name and content of every segment file below `directory`. */
export async function segmentsOf(directory: string): Promise<readonly string[]> {
  const names = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.segment')).sort();
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(directory, name));
      return `${name} ${createHash('sha256').update(bytes).digest('hex')}`;
    }),
  );
}

function around(centre: Float32Array, spread: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return unit(centre.map((value) => value + spread * random.normal()));
}

function unit(vector: Float32Array): Float32Array {
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}
