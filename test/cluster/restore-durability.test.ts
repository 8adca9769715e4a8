/**
 * What a restore made is held to the backup from the first moment: a node that lost its part of it, before or after the collection was
 * published, is no empty node that answers as if there were nothing.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkArchive, readMembers, writeArchive } from '../../client/cli/backup/archive-folder.js';
import type { RestoreResult } from '../../client/sdk/backups.js';
import { inFolder } from '../temporary-folder.js';
import { createBare, numberedDocuments, withCluster, type SmallCluster } from './small-cluster.js';
import { overriding } from './stand-ins.js';

const query = Float32Array.of(1, 0);

/** Backs up `notes` with 50 documents into `folder`. */
async function backUp(cluster: SmallCluster, folder: string, replicas = 1): Promise<void> {
  await createBare(cluster, 'notes', replicas);
  await cluster.client.documents.upsert('notes', numberedDocuments(50));
  await writeArchive(folder, cluster.client.backups.backup('notes'));
}

/** Restores `folder` as `copy`. */
async function restore({ client }: SmallCluster, folder: string): Promise<RestoreResult> {
  const { manifest, bytes } = await checkArchive(folder);
  return client.backups.restore({ collection: 'copy', manifest: bytes, members: readMembers(folder, manifest) });
}

/** Stops the cluster, takes away what `shard-1` has of shard 0 of `copy`, and starts it again. */
async function loseShard(cluster: SmallCluster): Promise<void> {
  const { uid } = await cluster.client.collections.describe('copy');
  await cluster.down();
  await rm(join(cluster.dataOf('shard-1'), uid, '0'), { recursive: true });
  await cluster.up();
}

/** A cluster of one node, and what is to happen just before the collection `copy` is published. */
async function withPublication(
  work: (cluster: SmallCluster, before: (hook: (uid: string) => Promise<void>) => void) => Promise<void>,
): Promise<void> {
  const state: { hook: ((uid: string) => Promise<void>) | null } = { hook: null };
  await withCluster(
    {
      shardNodes: 1,
      standIns: (id, { log, registry }) => {
        if (id !== 'coordinator-1') return { log, registry };
        const transact: typeof registry.transact = async (conditions, writes) => {
          const named = writes.find(({ key }) => key === 'collections/copy');
          const { hook } = state;
          if (hook !== null && named?.operation === 'put') {
            state.hook = null;
            await hook(Buffer.from(named.value).toString());
          }
          return registry.transact(conditions, writes);
        };
        return { log, registry: overriding(registry, { transact }) };
      },
    },
    (cluster) => work(cluster, (hook) => (state.hook = hook)),
  );
}

describe('a restored collection', function () {
  this.timeout(60_000);

  it('says so when a node lost its data, and does not answer as if it were empty', () =>
    inFolder((folder) =>
      withCluster({ shardNodes: 1 }, async (cluster) => {
        await backUp(cluster, join(folder, 'backup'));
        await restore(cluster, join(folder, 'backup'));
        await loseShard(cluster);
        const { client } = cluster;
        const answer = await client.search('copy', query, { mode: 'dense', k: 10 }).catch(String);
        assert.ok(typeof answer === 'string' || !answer.coverage.full, 'the answer says that nothing is missing');
        const { problems } = await client.cluster.status();
        assert.match(JSON.stringify(problems), /the log begins after/);
        assert.equal((await client.documents.count('notes')).documents, 50);
      }),
    ));

  it('is answered by the replicas that have its data', () =>
    inFolder((folder) =>
      withCluster({ shardNodes: 2, replicas: 2 }, async (cluster) => {
        await backUp(cluster, join(folder, 'backup'), 2);
        await restore(cluster, join(folder, 'backup'));
        await loseShard(cluster);
        for (let turn = 0; turn < 40; turn += 1) {
          const { hits, coverage } = await cluster.client.search('copy', query, { mode: 'dense', k: 10 });
          assert.deepEqual([hits.length, coverage.full], [10, true]);
        }
      }),
    ));

  it('may have documents whose time has passed', () =>
    inFolder((folder) =>
      withCluster({ shardNodes: 1 }, async (cluster) => {
        const { collections, documents, backups } = cluster.client;
        await collections.create('notes', { model: 'none', dim: 2, expiresBy: 'until' });
        const past = numberedDocuments(3).map((each) => ({ ...each, attributes: { until: new Date(0) } }));
        await documents.upsert('notes', [...past, ...numberedDocuments(5, 3)]);
        await writeArchive(join(folder, 'backup'), backups.backup('notes'));
        assert.equal((await restore(cluster, join(folder, 'backup'))).documents, 5);
      }),
    ));

  it('has all of the backup though a node started anew after its import and before the publication', () =>
    inFolder((folder) =>
      withPublication(async (cluster, before) => {
        await backUp(cluster, join(folder, 'backup'));
        before(async () => {
          await cluster.stopNode('shard-1');
          await cluster.startNode('shard-1');
        });
        assert.equal((await restore(cluster, join(folder, 'backup'))).documents, 50);
        assert.equal((await cluster.client.documents.count('copy')).documents, 50);
      }),
    ));

  it('does not come to be where a node lost what it imported', () =>
    inFolder((folder) =>
      withPublication(async (cluster, before) => {
        await backUp(cluster, join(folder, 'backup'));
        const folders: string[] = [];
        before(async (uid) => {
          folders.push(join(cluster.dataOf('shard-1'), uid));
          await cluster.stopNode('shard-1');
          await rm(folders[0]!, { recursive: true });
          await cluster.startNode('shard-1');
        });
        await assert.rejects(restore(cluster, join(folder, 'backup')), { code: 'UNAVAILABLE' });
        assert.deepEqual(folders.map(existsSync), [false]);
        assert.deepEqual(
          (await cluster.client.collections.list()).map(({ name }) => name),
          ['notes'],
        );
        assert.equal((await restore(cluster, join(folder, 'backup'))).documents, 50);
      }),
    ));
});
