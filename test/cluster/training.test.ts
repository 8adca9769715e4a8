/** `train --method structure` from the client to every replica, while the collection serves. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import { checkArchive, readMembers, writeArchive } from '../../client/cli/backup/archive-folder.js';
import type { TrainingProgress } from '../../client/sdk/types.js';
import type { RunTraining } from '../../shard-node/training/run-training.js';
import { runInThread } from '../../shard-node/training/thread.js';
import { clusteredVectors, dim, fill, recallOf, settled, vectorDocuments } from './trained-collection.js';
import { SmallCluster, withCluster } from './small-cluster.js';
import { inFolder } from '../temporary-folder.js';

const vectors = clusteredVectors(4_000, 1);
const queries = clusteredVectors(40, 2);

function codeOf(thrown: unknown): string {
  return ShoalError.from(thrown).code;
}

describe('training a structure', function () {
  this.timeout(30_000);

  describe('of a collection with two replicas', () => {
    let cluster: SmallCluster;
    const steps: TrainingProgress[] = [];

    before(async () => {
      cluster = await SmallCluster.start({ shardNodes: 2, replicas: 2 });
      await fill(cluster.client, 'notes', vectors);
    });

    after(() => cluster.close());

    it('is refused for what cannot be trained, saying what to do', async () => {
      const { collections, training, documents } = cluster.client;
      const refused = async (name: string, options: object, code: string, why: RegExp): Promise<void> => {
        await assert.rejects(training.train(name, options), (error: unknown) => {
          assert.equal(codeOf(error), code);
          return why.test(ShoalError.from(error).message);
        });
      };
      await refused('notes', { method: 'magic' }, 'INVALID_ARGUMENT', /'magic'.*'structure'/);
      await refused('nothing', {}, 'NOT_FOUND', /nothing/);
      await collections.create('few', { model: 'none', dim });
      await documents.upsert('few', vectorDocuments(vectors.slice(0, 20)));
      await refused('few', {}, 'FAILED_PRECONDITION', /20 documents, fewer than 1,000/);
      await collections.create('bare', { model: 'none', dim, keepVectors: false });
      await refused('bare', {}, 'FAILED_PRECONDITION', /keeps no vectors/);
      const centroids = Float32Array.from(vectors.slice(0, 4).flatMap((vector) => [...vector]));
      await collections.create('many', { model: 'none', dim, centroids, shards: 2 });
      await refused('many', {}, 'FAILED_PRECONDITION', /2 shards/);
    });

    it('publishes nothing after a dry run', async () => {
      const result = await cluster.client.training.train('notes', { dryRun: true, seed: 5 });
      assert.deepEqual([result.published, result.version, result.from], [false, 0, 0]);
      assert.ok(result.codebook.heldOut.after >= 0.95);
      assert.deepEqual(await cluster.client.training.codebooks('notes'), { active: 0, versions: [] });
      assert.equal((await cluster.client.collections.describe('notes')).lists, 1);
    });

    it('publishes lists that every replica takes over, with its progress told', async () => {
      const { training, collections } = cluster.client;
      const onProgress = (progress: TrainingProgress): void => void steps.push(progress);
      const result = await training.train('notes', { seed: 5, onProgress });
      assert.deepEqual([result.published, result.from, result.version, result.reason], [true, 0, 1, '']);
      assert.equal(result.codebook.documents, vectors.length);
      const { active, versions } = await training.codebooks('notes');
      assert.deepEqual([active, versions.map(({ version }) => version)], [1, [1]]);
      const described = await collections.describe('notes');
      assert.deepEqual([described.structureVersion, described.codebookVersion], [1, 1]);
      assert.equal(described.lists, result.codebook.lists);
      assert.ok(described.lists > 16);
      await settled(cluster.client, 'notes', 2);
    });

    it('finds at least 0.95 of what an exact search finds, in a part of the lists', async () => {
      const { recall, probed, lists } = await recallOf(cluster.client, 'notes', queries);
      assert.ok(recall >= 0.95, `recall is ${recall}`);
      assert.ok(probed < lists, `${probed} of ${lists} lists were probed`);
    });

    it('has progress from 0 to 1', () => {
      assert.ok(steps.length > 0 && steps.every(({ node, step }) => node.startsWith('shard-') && step !== ''));
      assert.ok(steps.every(({ share }, i) => share >= (steps[i - 1]?.share ?? 0) && share <= 1));
    });

    it('has writes found that come later, and those that come during the next training', async () => {
      const { documents, training, search } = cluster.client;
      const fresh = clusteredVectors(200, 3);
      await documents.upsert('notes', vectorDocuments(fresh.slice(0, 100), 10_000));
      const [result] = await Promise.all([
        training.train('notes', { seed: 6 }),
        documents.upsert('notes', vectorDocuments(fresh.slice(100), 10_100)),
      ]);
      assert.deepEqual([result.published, result.from, result.version], [true, 1, 2]);
      await settled(cluster.client, 'notes', 2);
      for (const [i, vector] of fresh.entries()) {
        const { hits } = await search('notes', vector, { mode: 'dense', k: 1 });
        assert.equal(hits[0]?.id, String(10_000 + i));
      }
    });

    it('refuses to activate a version of an older structure, saying why', async () => {
      const { training } = cluster.client;
      assert.equal(await training.activate('notes', 2), 2);
      await assert.rejects(training.activate('notes', 1), /belongs to structure 1; structure 2 serves/);
      await assert.rejects(training.activate('notes', 9), (error: unknown) => codeOf(error) === 'NOT_FOUND');
    });

    it('keeps a document whose attributes are set under another structure than it was written', async () => {
      const { documents, search } = cluster.client;
      await documents.set('notes', '7', { seen: true });
      const { hits } = await search('notes', vectors[7]!, { mode: 'dense', k: 1 });
      assert.deepEqual([hits[0]?.id, hits[0]?.attributes], ['7', { seen: true }]);
    });

    it('serves the same after a restart', async () => {
      const before = await answersOf(cluster);
      await cluster.down();
      await cluster.up();
      await settled(cluster.client, 'notes', 2);
      assert.deepEqual(await answersOf(cluster), before);
    });

    it('can be backed up and restored with its lists', () =>
      inFolder(async (folder) => {
        const { client } = cluster;
        const archive = join(folder, 'backup');
        await writeArchive(archive, client.backups.backup('notes'));
        const { manifest, bytes } = await checkArchive(archive);
        const members = readMembers(archive, manifest);
        await client.backups.restore({ collection: 'copy', manifest: bytes, members });
        await settled(cluster.client, 'copy', 2);
        assert.deepEqual(await answersOf(cluster, 'copy'), await answersOf(cluster));
        assert.deepEqual(await recallOf(client, 'copy', queries), await recallOf(client, 'notes', queries));
        await client.collections.drop('copy');
      }));

    it('can be dropped, and leaves no object behind', async () => {
      await cluster.client.collections.drop('notes');
      assert.deepEqual(await cluster.embedded.objects.list('structures/'), await givenObjects(cluster));
      assert.deepEqual(await cluster.embedded.objects.list('codebooks/'), []);
    });

    async function answersOf({ client }: SmallCluster, name = 'notes'): Promise<unknown> {
      return Promise.all(
        queries.slice(0, 10).map(async (query) => {
          const { hits, coverage } = await client.search(name, query, { mode: 'dense', exact: true });
          return { full: coverage.full, hits: hits.map(({ id, score }) => [id, score]) };
        }),
      );
    }
  });

  it('goes on with another replica when its node dies, and refuses another one meanwhile', async () => {
    const begun: string[] = [];
    const state = { release: (): void => undefined };
    const first = new Promise<void>((resolve) => (state.release = resolve));
    const train =
      (id: string): RunTraining =>
      async (task, onProgress, signal, leavings) => {
        begun.push(id);
        if (begun.length > 1) return runInThread(task, onProgress, signal, leavings);
        state.release();
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
      };
    await withCluster({ shardNodes: 2, replicas: 2, train }, async (cluster) => {
      await fill(cluster.client, 'notes', vectors.slice(0, 1_500));
      const training = cluster.client.training.train('notes', { seed: 5 });
      await first;
      await assert.rejects(cluster.client.training.train('notes', { seed: 6 }), (error: unknown) => {
        const { code, message } = ShoalError.from(error);
        return code === 'FAILED_PRECONDITION' && /training already runs \(by structure.*--cancel/.test(message);
      });
      const again = cluster.client.training.train('notes');
      await cluster.stopNode(begun[0]!);
      assert.equal((await training).published, true);
      assert.equal((await again).version, (await training).version);
      assert.equal(new Set(begun).size, 2);
    });
  });

  it('ends with the collection, and publishes nothing', async () => {
    const state = { begin: (): void => undefined };
    const begun = new Promise<void>((resolve) => (state.begin = resolve));
    const train = (): RunTraining => (_task, _onProgress, signal) => {
      state.begin();
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
    };
    await withCluster({ train }, async (cluster) => {
      await fill(cluster.client, 'notes', vectors.slice(0, 1_500));
      const training = cluster.client.training.train('notes').catch(codeOf);
      await begun;
      await cluster.client.collections.drop('notes');
      assert.equal(await training, 'NOT_FOUND');
      assert.deepEqual(await cluster.embedded.objects.list('codebooks/'), []);
    });
  });

  it('happens by itself once a collection has grown, unless it shall not', async () => {
    const coordinator = { autoCodeDocuments: 1_001, autoTrainDocuments: 1_200, autoTrainEveryMs: 20 };
    await withCluster({ coordinator }, async (cluster) => {
      const { client } = cluster;
      const methodOf = async (name: string): Promise<string | undefined> => {
        const { active, versions } = await client.training.codebooks(name);
        return versions.find(({ version }) => version === active)?.method;
      };
      await client.collections.create('asked', { model: 'none', dim, autoTrain: false });
      await client.documents.upsert('asked', vectorDocuments(vectors.slice(0, 1_500)));
      await fill(client, 'notes', vectors.slice(0, 1_100));
      while ((await methodOf('notes')) !== 'rabitq') await systemClock.pause();
      await settled(cluster.client, 'notes', 1);
      const { recall, lists } = await recallOf(client, 'notes', queries);
      assert.equal(lists, 1);
      assert.ok(recall >= 0.95, `recall ${recall}`);
      await client.documents.upsert('notes', vectorDocuments(vectors.slice(1_100, 1_500), 1_100));
      while ((await methodOf('notes')) !== 'structure') await systemClock.pause();
      await settled(cluster.client, 'notes', 1);
      assert.equal((await client.training.codebooks('asked')).active, 0);
    });
  });
});

/** Structures of collections that were made with centroids. */
async function givenObjects({ client }: SmallCluster): Promise<string[]> {
  const given = (await client.collections.list()).filter(({ structureVersion }) => structureVersion > 0);
  return given.map(({ uid, structureVersion }) => `structures/${uid}/${structureVersion}`).sort();
}
