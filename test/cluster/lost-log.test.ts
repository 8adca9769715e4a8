/** A log that lost its end goes on above what nodes have; a replica with less than another one takes its data: none goes on with a gap. */
import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Deadline } from '../../base/deadline.js';
import { sleep, systemClock } from '../../base/clock.js';
import { inFolder } from '../temporary-folder.js';
import { createBare, numberedDocuments, SmallCluster } from './small-cluster.js';

describe('a log that was put back from an older copy', function () {
  this.timeout(60_000);

  it('goes on with the replica that has most; another one, which misses records, takes its data', () =>
    inFolder(async (folder) => {
      const directory = join(folder, 'data');
      const cluster = await SmallCluster.start({ shardNodes: 2, directory });
      try {
        await createBare(cluster, 'notes', 2);
        await cluster.client.documents.upsert('notes', numberedDocuments(5));
        await cluster.client.cluster.flush('notes');
        await cluster.down();
        await cp(join(directory, 'log'), join(folder, 'log'), { recursive: true });
        await cluster.up();
        await cluster.stopNode('shard-2');
        await cluster.client.documents.upsert('notes', numberedDocuments(5, 5));
        await cluster.client.cluster.flush('notes').catch(String);
        await cluster.down();
        await rm(join(directory, 'log'), { recursive: true });
        await cp(join(folder, 'log'), join(directory, 'log'), { recursive: true });
        await cluster.up();
        await retrying(() => cluster.client.documents.upsert('notes', [{ id: 'new', vector: Float32Array.of(99, 0) }]));
        await retrying(async () => assert.deepEqual((await cluster.client.cluster.status()).problems, []));
        await cluster.stopNode('shard-1');
        for (let turn = 0; turn < 20; turn += 1) {
          const { hits } = await cluster.client.search('notes', Float32Array.of(1, 0), { mode: 'dense', k: 20 });
          assert.equal(hits.length, 11);
        }
      } finally {
        await cluster.close();
      }
    }));
});

describe('a log that is gone', function () {
  this.timeout(60_000);

  it('is made anew above what nodes have, with all that they had on disk', () =>
    inFolder(async (folder) => {
      const cluster = await SmallCluster.start({ shardNodes: 2, directory: folder });
      try {
        await createBare(cluster, 'notes', 2);
        const { sequence } = await cluster.client.documents.upsert('notes', numberedDocuments(5));
        await cluster.client.cluster.flush('notes');
        const { uid } = await cluster.client.collections.describe('notes');
        await cluster.down();
        await rm(join(folder, 'log', uid), { recursive: true });
        await cluster.up();
        const { client } = cluster;
        const written = await retrying(() =>
          client.documents.upsert('notes', [{ id: 'new', vector: Float32Array.of(99, 0) }]),
        );
        assert.ok(written.sequence > sequence);
        await retrying(async () => assert.deepEqual((await client.cluster.status()).problems, []));
        assert.equal((await client.documents.count('notes')).documents, 6);
      } finally {
        await cluster.close();
      }
    }));
});

/** What `attempt` gives once it gives it; its error after 20 s. */
async function retrying<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = Deadline.after(systemClock, 20_000);
  try {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (deadline.signal.aborted) throw error;
      }
      await sleep(systemClock, 100);
    }
  } finally {
    deadline.close();
  }
}
