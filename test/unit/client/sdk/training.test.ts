import assert from 'node:assert/strict';
import { connect } from '../../../../client/sdk/connect.js';
import type { TrainingProgress } from '../../../../client/sdk/types.js';
import { startFakeCoordinator } from '../fake-coordinator.js';

describe('training through the client', () => {
  it('tells the progress and gives the result; lists and activates', async () => {
    const fake = await startFakeCoordinator();
    const client = connect({ address: fake.address });
    try {
      await client.collections.create('notes', { model: 'none', dim: 2 });
      const steps: TrainingProgress[] = [];
      const result = await client.training.train('notes', { seed: 3, onProgress: (step) => steps.push(step) });
      assert.deepEqual(steps, [{ step: 'training lists', share: 0.5, node: 'shard-1', resumedShare: 0.25 }]);
      assert.deepEqual([result.from, result.version, result.published], [1, 2, true]);
      assert.deepEqual(result.codebook.heldOut, { before: 1, after: 0.96 });
      assert.deepEqual(fake.requests.at(-1), {
        collection: 'notes',
        method: 'structure',
        dryRun: false,
        seed: 3,
        secondBits: undefined,
        queries: [],
        relevant: [],
      });
      const { active, versions } = await client.training.codebooks('notes');
      assert.deepEqual(
        [active, versions[0]?.documents, versions[0]?.copies, versions[0]?.secondBits],
        [2, 4_000, 2, 3],
      );
      assert.equal(await client.training.cancel('notes'), false);
      assert.equal(await client.training.activate('notes', 2), 2);
      await assert.rejects(client.training.activate('notes', 1), { code: 'FAILED_PRECONDITION' });
      await assert.rejects(client.training.train('nothing'), { code: 'NOT_FOUND' });
    } finally {
      await client.close();
      await fake.close();
    }
  });
});
