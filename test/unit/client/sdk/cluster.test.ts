import assert from 'node:assert/strict';
import { withClient } from '../with-client.js';

describe('the cluster as the client sees it', () => {
  it('says who is there and what is wrong', () =>
    withClient(async (client) => {
      const status = await client.cluster.status();
      assert.equal(status.healthy, false);
      assert.equal(status.nodes[0]?.kind, 'shard');
      assert.deepEqual(status.problems, [{ what: 'no encoder node', why: 'none has joined', todo: 'start one' }]);
    }));

  it('says where shards are, keeps sequences exact, flushes', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      await client.documents.upsert('notes', [{ id: '1', text: 'x' }]);
      const {
        shards: [shard],
        problems,
      } = await client.cluster.shards('notes');
      assert.deepEqual(problems, []);
      assert.equal(shard?.documents, 1);
      assert.deepEqual(shard?.replicas, [
        { node: 'shard-1', state: 'ready', applied: 9n, lag: 0, structureVersion: 2, olderRows: 5 },
      ]);
      assert.deepEqual(await client.cluster.flush('notes'), { durable: 9n, diskBytes: 100 });
    }));

  it('lists the models', () =>
    withClient(async (client) => {
      assert.equal((await client.cluster.models())[0]?.tokenDim, 96);
    }));
});
