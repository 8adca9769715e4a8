/**
 * A cluster of two shard nodes and two replicas loses nodes, restarts and gives back its log: acknowledged documents stay, and an
 * answer says what it did not see.
 */
import assert from 'node:assert/strict';
import { readdir, stat, cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.js';
import { Deadline } from '../../base/deadline.js';
import { shardSubject, streamOf } from '../../cluster/keys.js';
import type { LogEntry } from '../../cluster/change-log.js';
import type { SearchAnswer } from '../../client/sdk/types.js';
import { createBare, numberedDocuments, withCluster, type SmallCluster } from './small-cluster.js';

const twoReplicas = { shardNodes: 2, replicas: 2 };
const query = Float32Array.of(1, 0);
const documents = 40;

async function filled(cluster: SmallCluster): Promise<void> {
  await createBare(cluster, 'notes');
  const { results } = await cluster.client.documents.upsert('notes', numberedDocuments(documents));
  assert.ok(results.every(({ error }) => error === null));
}

async function top(cluster: SmallCluster, k = 3): Promise<{ ids: string[]; coverage: SearchAnswer['coverage'] }> {
  const { hits, coverage } = await cluster.client.search('notes', query, { k });
  return { ids: hits.map(({ id }) => id), coverage };
}

async function assertAllThere(cluster: SmallCluster): Promise<void> {
  const { ids, coverage } = await top(cluster);
  assert.deepEqual(ids, ['39', '38', '37']);
  assert.equal(coverage.full, true);
  assert.equal((await cluster.client.documents.count('notes')).documents, documents);
}

async function bytesBelow(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => stat(join(folder, name))));
  // Blocks rather than lengths: given-back space may be holes.
  return sizes.reduce((sum, each) => sum + (each.isFile() ? each.blocks * 512 : 0), 0);
}

describe('a cluster with two replicas', () => {
  it('goes on in full when one node is gone, reading and writing', () =>
    withCluster(twoReplicas, async (cluster) => {
      await filled(cluster);
      await cluster.stopNode('shard-1');
      await assertAllThere(cluster);
      const { results } = await cluster.client.documents.upsert('notes', numberedDocuments(1, documents));
      assert.equal(results[0]?.error, null);
      assert.deepEqual((await cluster.client.documents.get('notes', '40')).id, '40');
    }));

  it('says which shards are missing, and why, when every replica is gone', () =>
    withCluster(twoReplicas, async (cluster) => {
      await filled(cluster);
      await cluster.stopNode('shard-1');
      await cluster.stopNode('shard-2');
      const { ids, coverage } = await top(cluster);
      assert.deepEqual(ids, []);
      assert.deepEqual(coverage, {
        full: false,
        listsProbed: 0,
        listsTotal: 1,
        shardsContacted: 1,
        sparseShardsContacted: 0,
        shardsTotal: 1,
        listsMissing: [0],
        shardsMissing: [0],
        behind: false,
        reasons: ['shard 0 has no ready replica'],
      });
      await assert.rejects(cluster.client.search('notes', query, { requireFull: true }), {
        code: 'UNAVAILABLE',
        message: /the answer is not full: shard 0 has no ready replica; try again, or allow a partial answer/,
      });
      const { healthy, problems } = await cluster.client.cluster.status();
      assert.equal(healthy, false);
      assert.ok(problems.some(({ why }) => why === 'the node is away'));
    }));

  it('lets a node that comes back catch up with what it missed', () =>
    withCluster(twoReplicas, async (cluster) => {
      await createBare(cluster, 'notes');
      await cluster.stopNode('shard-1');
      await cluster.client.documents.upsert('notes', numberedDocuments(documents));
      await cluster.startNode('shard-1');
      await cluster.stopNode('shard-2');
      await assertAllThere(cluster);
    }));

  it('has everything again after a restart, without having sealed anything', () =>
    withCluster(twoReplicas, async (cluster) => {
      await filled(cluster);
      await cluster.client.documents.delete('notes', ['39']);
      await cluster.client.documents.upsert('notes', [{ id: '0', text: 'new', vector: Float32Array.of(99, 0) }]);
      for (let round = 0; round < 2; round += 1) {
        await cluster.down();
        await cluster.up();
        const { ids, coverage } = await top(cluster);
        assert.deepEqual(ids, ['0', '38', '37']);
        assert.equal(coverage.full, true);
        assert.equal((await cluster.client.documents.get('notes', '0')).text, 'new');
        await assert.rejects(cluster.client.documents.get('notes', '39'), { code: 'NOT_FOUND' });
      }
    }));

  it('gives the log’s space back once every replica has it on disk, and loses nothing by it', () =>
    withCluster(twoReplicas, async (cluster) => {
      await createBare(cluster, 'notes');
      const { uid, sequence } = await cluster.client.documents.upsert(
        'notes',
        numberedDocuments(documents).map((each) => ({ ...each, text: each.text + 'x'.repeat(100_000) })),
      );
      const log = join(cluster.directory, 'log');
      const before = await bytesBelow(log);
      const { durable } = await cluster.client.cluster.flush('notes');
      assert.equal(durable, sequence);
      const { entries } = await cluster.embedded.log.state(streamOf(uid));
      assert.equal(entries, 0);
      assert.ok((await bytesBelow(log)) < before / 2, 'the log’s files shrink');
      await cluster.down();
      await cluster.up();
      await assertAllThere(cluster);
      await cluster.stopNode('shard-1');
      await assertAllThere(cluster);
    }));

  it('keeps the log while one replica is away, so that it can catch up', () =>
    withCluster(twoReplicas, async (cluster) => {
      await createBare(cluster, 'notes');
      await cluster.stopNode('shard-1');
      const { uid } = await cluster.client.documents.upsert('notes', numberedDocuments(documents));
      await cluster.client.cluster.flush('notes');
      assert.ok((await cluster.embedded.log.state(streamOf(uid))).entries > 0);
      await cluster.startNode('shard-1');
      await cluster.stopNode('shard-2');
      await assertAllThere(cluster);
    }));
});

describe('the log of a cluster', () => {
  it('may be heard twice: an older copy of a node’s data replays and ends equal', () =>
    withCluster({}, async (cluster) => {
      await filled(cluster);
      const { uid } = await cluster.client.documents.delete('notes', ['5']);
      await cluster.stopNode('shard-1');
      const copy = join(cluster.directory, 'older');
      await cp(cluster.dataOf('shard-1'), copy, { recursive: true });
      await cluster.startNode('shard-1');
      await cluster.client.documents.upsert('notes', [{ id: '6', vector: Float32Array.of(0, 1), text: 'turned' }]);
      await cluster.stopNode('shard-1');
      await rm(cluster.dataOf('shard-1'), { recursive: true });
      await cp(copy, cluster.dataOf('shard-1'), { recursive: true });
      await cluster.startNode('shard-1');
      assert.equal((await cluster.client.documents.count('notes')).documents, documents - 1);
      assert.equal((await cluster.client.documents.get('notes', '6')).text, 'turned');
      await assert.rejects(cluster.client.documents.get('notes', '5'), { code: 'NOT_FOUND' });
      assert.ok((await cluster.embedded.log.state(streamOf(uid))).entries > 0);
    }));

  it('may hold the same documents twice: the later ones stand, once', () =>
    withCluster({}, async (cluster) => {
      await filled(cluster);
      const { uid } = await cluster.client.documents.count('notes');
      const subject = shardSubject(uid, 1n, 0);
      const entry: LogEntry | null = await cluster.embedded.log.read(streamOf(uid), 1n);
      assert.ok(entry !== null);
      const deadline = Deadline.after(systemClock, 1_000);
      const sequence = await cluster.embedded.log.append(streamOf(uid), subject, entry, deadline);
      deadline.close();
      const { hits } = await cluster.client.search('notes', query, { k: 100, minSequence: { uid, sequence } });
      assert.equal(hits.length, documents);
      assert.ok(hits.every(({ docId }) => docId >= sequence * 4_096n));
      assert.equal((await cluster.client.documents.count('notes')).documents, documents);
    }));
});
