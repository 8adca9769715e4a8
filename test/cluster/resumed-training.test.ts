/** Trainings whose client, coordinator or shard node goes away in the middle, and those of a cluster that is killed as a whole. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.js';
import { connect, type ShoalClient } from '../../client/sdk/connect.js';
import type { LatestTraining, TrainingProgress } from '../../client/sdk/types.js';
import { startDev, type DevProcess } from '../dev-process.js';
import { clusteredVectors, fill, settled } from './trained-collection.js';
import { SmallCluster } from './small-cluster.js';

const vectors = clusteredVectors(3_000, 1);
const order = { method: 'distill-vq', seed: 3 } as const;

async function trainingOf(client: ShoalClient): Promise<LatestTraining | null> {
  return (await client.collections.describe('notes')).training;
}

describe('a training that is interrupted', function () {
  this.timeout(600_000);

  describe('while it learns parameters', () => {
    let cluster: SmallCluster;

    before(async () => {
      cluster = await SmallCluster.start({ shard: { trainingCheckpointEveryMs: 1 } });
      await fill(cluster.client, 'notes', vectors);
      await cluster.client.training.train('notes', { seed: 5 });
      await settled(cluster.client, 'notes', 1);
    });

    after(() => cluster.close());

    const checkpoints = async (): Promise<readonly string[]> =>
      (await cluster.embedded.objects.list('trainings/')).filter((name) => name.includes('/checkpoint-'));

    it('goes on without its client and its coordinator, then from what its shard node left, to the same end', async () => {
      const whole = await cluster.client.training.train('notes', { ...order, dryRun: true });
      const lost = assert.rejects(cluster.client.training.train('notes', order));
      while ((await checkpoints()).length === 0) await systemClock.pause();
      await cluster.replaceCoordinator('coordinator-2');
      await lost;
      const steps: TrainingProgress[] = [];
      const training = cluster.client.training.train('notes', { ...order, onProgress: (at) => steps.push(at) });
      while (steps.every(({ step }) => !step.startsWith('learning'))) await systemClock.pause();
      // It was begun once: the node did not have to do anything again.
      assert.ok(steps.some(({ share, resumedShare }) => share > 0.1 && resumedShare === 0));
      await cluster.stopNode('shard-1');
      await cluster.startNode('shard-1');
      const result = await training;
      const resumed = Math.max(...steps.map(({ resumedShare }) => resumedShare));
      assert.ok(resumed > 0.1, `taken up at ${resumed}`);
      assert.deepEqual(result.codebook.heldOut, whole.codebook.heldOut);
      assert.equal(result.version, result.published ? 2 : 0);
      assert.deepEqual(await cluster.embedded.objects.list('trainings/'), []);
      const latest = await trainingOf(cluster.client);
      assert.deepEqual(
        [latest?.method, latest?.version, latest?.resumedShare],
        ['distill-vq', result.version, resumed],
      );
    });

    it('ends when it is cancelled, and leaves nothing', async () => {
      const training = cluster.client.training.train('notes', { ...order, seed: 4 });
      const cancelled = assert.rejects(training, { code: 'CANCELLED', message: /serves on/ });
      while ((await checkpoints()).length === 0) await systemClock.pause();
      assert.equal(await cluster.client.training.cancel('notes'), true);
      await cancelled;
      assert.deepEqual(await cluster.embedded.objects.list('trainings/'), []);
      assert.match((await trainingOf(cluster.client))?.reason ?? '', /was cancelled/);
    });

    it('leaves nothing when its collection is dropped', async () => {
      const training = assert.rejects(cluster.client.training.train('notes', { ...order, seed: 5 }), {
        code: 'NOT_FOUND',
      });
      while ((await checkpoints()).length === 0) await systemClock.pause();
      await cluster.client.collections.drop('notes');
      await training;
      while ((await cluster.embedded.objects.list('trainings/')).length > 0) await systemClock.pause();
      assert.deepEqual(await cluster.embedded.registry.list('training-'), []);
    });
  });

  describe('by a kill of the whole cluster', () => {
    let directory: string;
    const running: { dev: DevProcess | null; client: ShoalClient | null } = { dev: null, client: null };

    before(() => {
      directory = mkdtempSync(join(tmpdir(), 'shoal-resumed-'));
    });
    after(async () => {
      await running.client?.close();
      await running.dev?.end('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    });

    async function start(): Promise<ShoalClient> {
      const { process: dev, address } = await startDev(['--data', directory, '--port', '0', '--encoder-nodes', '0']);
      const client = connect({ address, deadlineMs: 120_000 });
      Object.assign(running, { dev, client });
      return client;
    }

    it('is taken up by itself after the next start, and published', async () => {
      const client = await start();
      await fill(client, 'notes', vectors);
      const begun = new Promise<void>((resolve) => {
        const lost = client.training.train('notes', { seed: 5, onProgress: ({ share }) => share > 0 && resolve() });
        assert.rejects(lost).catch((error: unknown) => assert.fail(String(error)));
      });
      await begun;
      await running.dev!.end('SIGKILL');
      await client.close();
      const again = await start();
      let latest = await trainingOf(again);
      assert.equal(latest?.method, 'structure');
      while (latest?.ended === null) latest = await trainingOf(again);
      assert.deepEqual([latest?.version, latest?.reason], [1, '']);
      assert.equal((await again.training.codebooks('notes')).active, 1);
    });
  });
});
