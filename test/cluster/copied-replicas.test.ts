/** A node whose data is gone, damaged or older than the log takes that of another node by itself, while documents are written. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Deadline } from '../../base/deadline.js';
import { sleep, systemClock } from '../../base/clock.js';
import { keys } from '../../cluster/keys.js';
import { ReplicaState } from '../../proto/generated/shoal/v1/cluster.js';
import { createBare, numberedDocuments, withCluster, type SmallCluster } from './small-cluster.js';

const pair = { shardNodes: 2, replicas: 2, shard: { sealBytes: 4_096, maintainEveryMs: 50 } };

describe('a replica without its data', function () {
  this.timeout(60_000);

  it('takes that of another node where its disk is empty, and has what is written meanwhile', () =>
    withCluster(pair, async (cluster) => {
      const uid = await filled(cluster, 200);
      await cluster.stopNode('shard-2');
      await rm(cluster.dataOf('shard-2'), { recursive: true });
      const writing = write(cluster, 200, 400);
      await cluster.startNode('shard-2');
      await writing;
      await ready(cluster, uid, 'shard-2');
      await cluster.stopNode('shard-1');
      assert.deepEqual(await numbers(cluster), all(400));
    }));

  it('takes that of another node where a file is damaged, and keeps what it had aside', () =>
    withCluster(pair, async (cluster) => {
      const uid = await filled(cluster, 200);
      await cluster.stopNode('shard-2');
      const folder = join(cluster.dataOf('shard-2'), uid, '0');
      await damage(folder);
      await cluster.startNode('shard-2');
      await ready(cluster, uid, 'shard-2');
      assert.ok(existsSync(`${folder}.damaged`));
      await cluster.stopNode('shard-1');
      assert.deepEqual(await numbers(cluster), all(200));
      const { problems } = await cluster.client.cluster.status();
      assert.ok(!JSON.stringify(problems).includes('shard-2'), JSON.stringify(problems));
    }));

  it('takes that of another node where its disk is an old one', () =>
    withCluster(pair, async (cluster) => {
      const uid = await filled(cluster, 50);
      await cluster.stopNode('shard-2');
      const [data, old] = [cluster.dataOf('shard-2'), join(cluster.directory, 'old')];
      await cp(data, old, { recursive: true });
      await cluster.startNode('shard-2');
      await write(cluster, 50, 150);
      await cluster.client.documents.delete('notes', ['7']);
      await cluster.client.cluster.flush('notes');
      await cluster.stopNode('shard-2');
      await rm(data, { recursive: true });
      await cp(old, data, { recursive: true });
      await cluster.startNode('shard-2');
      await ready(cluster, uid, 'shard-2');
      await cluster.stopNode('shard-1');
      assert.deepEqual(
        await numbers(cluster),
        all(150).filter((number) => number !== 7),
      );
    }));

  it('says so until a node that has it is back, and then takes it', () =>
    withCluster(pair, async (cluster) => {
      const uid = await filled(cluster, 100);
      await cluster.stopNode('shard-1');
      await cluster.stopNode('shard-2');
      await rm(cluster.dataOf('shard-2'), { recursive: true });
      await cluster.startNode('shard-2');
      const { problem } = await stateWhen(cluster, uid, 'shard-2', ({ state }) => state === 'failed');
      assert.match(problem, /the log begins after/);
      const { problems } = await cluster.client.cluster.status();
      assert.match(JSON.stringify(problems), /the log begins after/);
      const { coverage } = await cluster.client.search('notes', Float32Array.of(1, 0), { mode: 'dense' });
      assert.equal(coverage.full, false);
      await cluster.startNode('shard-1');
      await ready(cluster, uid, 'shard-2');
    }));

  it('goes on with a copy that was broken off', () =>
    withCluster({ ...pair, shard: { ...pair.shard, copyBytesPerSecondMax: 20_000 } }, async (cluster) => {
      const uid = await filled(cluster, 400);
      await cluster.stopNode('shard-2');
      const folder = join(cluster.dataOf('shard-2'), uid, '0');
      await damage(folder);
      await cluster.startNode('shard-2');
      await stateWhen(
        cluster,
        uid,
        'shard-2',
        ({ state, problem }) => state === 'loading' && /copied from/.test(problem),
      );
      await cluster.stopNode('shard-2');
      await cluster.startNode('shard-2');
      await ready(cluster, uid, 'shard-2');
      await cluster.stopNode('shard-1');
      assert.deepEqual(await numbers(cluster), all(400));
    }));

  it('is removed with what was kept aside when its collection is dropped', () =>
    withCluster(pair, async (cluster) => {
      const uid = await filled(cluster, 50);
      await cluster.stopNode('shard-2');
      await damage(join(cluster.dataOf('shard-2'), uid, '0'));
      await cluster.startNode('shard-2');
      await ready(cluster, uid, 'shard-2');
      await cluster.client.collections.drop('notes');
      await until(() => Promise.resolve(!existsSync(join(cluster.dataOf('shard-2'), uid))));
    }));
});

/** A collection of `count` documents that both nodes have on disk, and of which the log has nothing any more. */
async function filled(cluster: SmallCluster, count: number): Promise<string> {
  await createBare(cluster, 'notes');
  await write(cluster, 0, count);
  await cluster.client.cluster.flush('notes');
  return (await cluster.client.collections.describe('notes')).uid;
}

async function write({ client }: SmallCluster, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number += 50) {
    await client.documents.upsert('notes', numberedDocuments(Math.min(50, to - number), number));
  }
}

/** Flips a byte of the first segment. */
async function damage(folder: string): Promise<void> {
  const name = (await readdir(folder)).find((each) => each.endsWith('.segment')) ?? assert.fail('it has a segment');
  const file = await open(join(folder, name), 'r+');
  try {
    const { size } = await file.stat();
    // Behind the columns is what says where they are, which opening reads.
    const at = size - 100;
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
    await file.write(Buffer.of(buffer[0]! ^ 0xff), 0, 1, at);
  } finally {
    await file.close();
  }
}

async function numbers({ client }: SmallCluster): Promise<number[]> {
  const answer = await client.search('notes', Float32Array.of(1, 0), { mode: 'dense', exact: true, k: 1_000 });
  return answer.hits.map(({ id }) => Number(id)).sort((a, b) => a - b);
}

function all(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

async function ready(cluster: SmallCluster, uid: string, node: string): Promise<void> {
  await stateWhen(cluster, uid, node, ({ state }) => state === 'ready');
}

async function stateWhen(
  { embedded }: SmallCluster,
  uid: string,
  node: string,
  holds: (state: ReplicaState) => boolean,
): Promise<ReplicaState> {
  let last: ReplicaState | null = null;
  await until(async () => {
    const entry = await embedded.registry.get(keys.replica(uid, 0, node));
    last = entry === null ? null : ReplicaState.decode(entry.value);
    return last !== null && holds(last);
  }).catch((error: unknown) =>
    assert.fail(
      `${String(error)}: ${JSON.stringify(last, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`,
    ),
  );
  return last!;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Deadline.after(systemClock, 30_000);
  try {
    while (!(await holds())) {
      deadline.check();
      await sleep(systemClock, 20);
    }
  } finally {
    deadline.close();
  }
}
