/** The state of the cluster over the wire. */
import assert from 'node:assert/strict';
import { createBare, numberedDocuments, SmallCluster } from '../../../cluster/small-cluster.js';

describe('the service of the cluster', () => {
  let cluster: SmallCluster;
  before(async () => {
    cluster = await SmallCluster.start({ shardNodes: 2, replicas: 2, encoder: {} });
    await createBare(cluster, 'notes');
  });
  after(() => cluster.close());

  it('lists members, collections and problems', async () => {
    const { healthy, nodes, collections, problems } = await cluster.client.cluster.status();
    assert.deepEqual([healthy, problems], [true, []]);
    assert.deepEqual(
      nodes.map(({ id, kind }) => [id, kind]),
      [
        ['coordinator-1', 'coordinator'],
        ['encoder-1', 'encoder'],
        ['shard-1', 'shard'],
        ['shard-2', 'shard'],
      ],
    );
    assert.deepEqual(collections, ['notes']);
  });

  it('lists shards with their replicas', async () => {
    const { sequence } = await cluster.client.documents.upsert('notes', numberedDocuments(5));
    await cluster.client.cluster.flush('notes');
    const {
      shards: [shard, ...others],
    } = await cluster.client.cluster.shards('notes');
    assert.equal(others.length, 0);
    assert.deepEqual([shard?.documents, shard?.segments, shard?.tombstones, shard?.lists], [5, 1, 0, 1]);
    const ready = { state: 'ready', applied: sequence, lag: 0, structureVersion: 0, olderRows: 0 };
    assert.deepEqual(shard?.replicas, [
      { node: 'shard-1', ...ready },
      { node: 'shard-2', ...ready },
    ]);
  });

  it('seals and purges on flush', async () => {
    const { sequence } = await cluster.client.documents.upsert('notes', numberedDocuments(5));
    const { durable, diskBytes } = await cluster.client.cluster.flush('notes');
    assert.equal(durable, sequence);
    assert.ok(diskBytes > 0);
    await assert.rejects(cluster.client.cluster.flush('x'), { code: 'NOT_FOUND' });
    await assert.rejects(cluster.client.cluster.shards('x'), { code: 'NOT_FOUND' });
  });

  it('lists the models at hand with their nodes', async () => {
    const [model, ...others] = await cluster.client.cluster.models();
    assert.equal(others.length, 0);
    assert.deepEqual(
      [model?.name, model?.dim, model?.tokenDim, model?.sparse, model?.nodes],
      ['toy', 2, 8, 'bm25', ['encoder-1']],
    );
  });
});
