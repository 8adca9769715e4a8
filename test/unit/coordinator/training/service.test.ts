/** Trainings over the wire; what they do is in test/cluster/training.test.ts. */
import assert from 'node:assert/strict';
import { createBare, withCluster } from '../../../cluster/small-cluster.js';

describe('the service of training', () => {
  it('lists, activates and refuses', () =>
    withCluster({}, async (cluster) => {
      const { training } = cluster.client;
      await createBare(cluster, 'notes');
      assert.deepEqual(await training.codebooks('notes'), { active: 0, versions: [] });
      await assert.rejects(training.activate('notes', 1), { code: 'NOT_FOUND' });
      await assert.rejects(training.train('notes'), { code: 'FAILED_PRECONDITION' });
      await assert.rejects(training.train('nothing'), { code: 'NOT_FOUND' });
    }));
});
