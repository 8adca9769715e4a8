/** Replicas move from node to node while documents are written and searched; nothing is lost, shown twice or missed. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Deadline } from '../../base/deadline.js';
import { sleep, systemClock } from '../../base/clock.js';
import { createBare, numberedDocuments, withCluster, type SmallCluster } from './small-cluster.js';

const quick = { sealBytes: 4_096, maintainEveryMs: 50, leaveAfterMs: 200 };

describe('a replica that moves', function () {
  this.timeout(60_000);

  it('serves throughout, with what is written meanwhile, and leaves nothing behind', () =>
    withCluster({ shardNodes: 2, shard: quick }, async (cluster) => {
      const { client } = cluster;
      await createBare(cluster, 'notes');
      await write(cluster, 0, 200);
      await client.cluster.flush('notes');
      const [from, to] = await nodesOf(cluster);
      const state = { written: 200, isOver: false };
      const writing = (async () => {
        for (; !state.isOver; state.written += 20) await write(cluster, state.written, state.written + 20);
      })();
      const searching = (async () => {
        while (!state.isOver) {
          const least = state.written;
          const found = await numbers(cluster);
          assert.ok(found.length >= least && new Set(found).size === found.length, `${found.length} of ${least}`);
        }
      })();
      for (let turn = 0; turn < 3; turn += 1) {
        const [here, there] = turn % 2 === 0 ? [from, to] : [to, from];
        const nodes = await client.cluster.move({ collection: 'notes', shard: 0, from: here, to: there });
        assert.deepEqual(nodes, [there]);
      }
      state.isOver = true;
      await Promise.all([writing, searching]);
      assert.deepEqual(await numbers(cluster), all(state.written));
      const { uid } = await client.collections.describe('notes');
      await until(() => !existsSync(join(cluster.dataOf(from), uid, '0')));
      await cluster.down();
      await cluster.up();
      assert.deepEqual(await numbers(cluster), all(state.written));
    }));

  it('ends what was broken off, and is done when it is ordered again', () =>
    withCluster({ shardNodes: 2, shard: { ...quick, copyBytesPerSecondMax: 30_000 } }, async (cluster) => {
      const { client } = cluster;
      await createBare(cluster, 'notes');
      await write(cluster, 0, 600);
      await client.cluster.flush('notes');
      const [from, to] = await nodesOf(cluster);
      const move = { collection: 'notes', shard: 0, from, to };
      await assert.rejects(client.cluster.move(move, 300), { code: 'DEADLINE_EXCEEDED' });
      assert.deepEqual(await numbers(cluster), all(600));
      assert.deepEqual(await client.cluster.move(move), [to]);
      assert.deepEqual(await client.cluster.move(move), [to]);
      await cluster.stopNode(from);
      assert.deepEqual(await numbers(cluster), all(600));
    }));

  it('takes its folder away from a node that was down when it left', () =>
    withCluster({ shardNodes: 2, shard: { ...quick, leaveAfterMs: 60_000 } }, async (cluster) => {
      const { client } = cluster;
      await createBare(cluster, 'notes');
      await write(cluster, 0, 20);
      const [from, to] = await nodesOf(cluster);
      await client.cluster.move({ collection: 'notes', shard: 0, from, to });
      const { uid } = await client.collections.describe('notes');
      const folder = join(cluster.dataOf(from), uid, '0');
      assert.ok(existsSync(folder));
      await cluster.stopNode(from);
      await cluster.startNode(from);
      assert.ok(!existsSync(folder));
      assert.deepEqual(await numbers(cluster), all(20));
    }));

  it('is refused where it makes no sense', () =>
    withCluster({ shardNodes: 2, shard: quick }, async (cluster) => {
      const { client } = cluster;
      await createBare(cluster, 'notes');
      const [from, to] = await nodesOf(cluster);
      const move = { collection: 'notes', shard: 0, from, to };
      await assert.rejects(client.cluster.move({ ...move, collection: 'nothing' }), { code: 'NOT_FOUND' });
      await assert.rejects(client.cluster.move({ ...move, shard: 9 }), { code: 'NOT_FOUND', message: /no shard 9/ });
      await assert.rejects(client.cluster.move({ ...move, to: 'shard-9' }), {
        code: 'NOT_FOUND',
        message: /no shard node 'shard-9' is up to take a replica of collection 'notes'; there are: shard-1, shard-2/,
      });
      await assert.rejects(client.cluster.move({ ...move, to: from }), { code: 'INVALID_ARGUMENT' });
      await assert.rejects(client.cluster.move({ ...move, from: 'shard-9' }), {
        code: 'FAILED_PRECONDITION',
        message: /node 'shard-9' has no replica of shard 0/,
      });
      assert.deepEqual(await numbers(cluster), []);
    }));
});

/** The node that has the shard, and the other one. */
async function nodesOf({ client }: SmallCluster): Promise<[string, string]> {
  const { shards } = await client.cluster.shards('notes');
  const from = shards[0]!.replicas[0]!.node;
  return [from, from === 'shard-1' ? 'shard-2' : 'shard-1'];
}

async function write({ client }: SmallCluster, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number += 50) {
    await client.documents.upsert('notes', numberedDocuments(Math.min(50, to - number), number));
  }
}

async function numbers({ client }: SmallCluster): Promise<number[]> {
  const question = { mode: 'dense', exact: true, k: 10_000, requireFull: true } as const;
  const { hits } = await client.search('notes', Float32Array.of(1, 0), question);
  return hits.map(({ id }) => Number(id)).sort((a, b) => a - b);
}

function all(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Deadline.after(systemClock, 20_000);
  try {
    for (; !holds(); await sleep(systemClock, 20)) deadline.check();
  } finally {
    deadline.close();
  }
}
