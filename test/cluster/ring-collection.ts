/** A collection of six lists in three shards on three nodes, and documents of every kind in it. */
import type { Document, SearchAnswer, StoredDocument } from '../../client/sdk/types.js';
import type { ShoalClient } from '../../client/sdk/connect.js';
import { withCluster, type SmallCluster, type SmallClusterOptions } from './small-cluster.js';

const angles = [0, 60, 120, 180, 240, 300];

/** The direction of `degrees` in the plane. */
export function at(degrees: number): Float32Array {
  const radians = (degrees * Math.PI) / 180;
  return Float32Array.of(Math.cos(radians), Math.sin(radians));
}

/** Calls `work` with a cluster that has the collection `notes`. */
export async function withRing(
  work: (cluster: SmallCluster) => Promise<void>,
  options: Pick<SmallClusterOptions, 'standIns'> = {},
): Promise<void> {
  await withCluster({ ...options, shardNodes: 3 }, async (cluster) => {
    await createRing(cluster.client, 'notes');
    await work(cluster);
  });
}

export async function createRing(client: ShoalClient, name: string): Promise<void> {
  await client.collections.create(name, {
    model: 'none',
    dim: 2,
    centroids: Float32Array.from(angles.flatMap((degrees) => [...at(degrees)])),
    shards: 3,
    directoryPartitions: 2,
    attributes: { big: 'int64', when: 'timestamp' },
  });
}

/** Documents with attributes of every type, with and without title and text, and some with passages in several shards. */
export function manyKinds(count: number): Document[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `d${String(i).padStart(4, '0')}`,
    ...(i % 3 === 0 ? {} : { title: i % 3 === 1 ? '' : `title ${i}` }),
    text: i % 5 === 0 ? '' : `text of document ${i}\u2028 "quoted" and ünusual 🐟`,
    attributes: {
      big: 9_007_199_254_740_993n + BigInt(i),
      when: new Date(1_700_000_000_123 + i),
      ratio: i / 3,
      flag: i % 2 === 0,
      word: `w${i % 7}`,
      tags: i % 4 === 0 ? [] : ['a', `t${i % 3}`],
      numbers: [BigInt(i), -1n],
      times: [new Date(i)],
    },
    ...(i % 10 === 3
      ? {
          passages: [0, 120, 240].map((turn, part) => ({
            vector: at(i * 7 + turn),
            start: part,
            end: part === 2 ? 0 : part + 1,
          })),
        }
      : { vector: at(i * 7) }),
  }));
}

/** Every document of a collection with its vectors, in the order of ids. */
export async function everything(client: ShoalClient, name: string): Promise<StoredDocument[]> {
  const documents: StoredDocument[] = [];
  for await (const document of client.documents.scroll(name, { withVectors: true })) documents.push(document);
  return documents;
}

/** Answers in twelve directions, as lists of id and score, and of what a filter lets through. */
export async function answers(client: ShoalClient, name: string): Promise<unknown[]> {
  const all: unknown[] = [];
  for (let degrees = 5; degrees < 360; degrees += 30) {
    for (const options of [{}, { filter: 'word == "w3" && big > 9007199254740993' }]) {
      const answer = await client.search(name, at(degrees), { mode: 'dense', k: 20, ...options });
      all.push(shown(answer));
    }
  }
  return all;
}

function shown({ hits, coverage }: SearchAnswer): unknown {
  return {
    full: coverage.full,
    hits: hits.map(({ id, score, passage, attributes }) => ({ id, score, passage, attributes })),
  };
}
