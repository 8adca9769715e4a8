import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { systemClock } from '../../../../../base/clock.js';
import { createLogger } from '../../../../../base/logger.js';
import { startCluster, type RunningCluster } from '../../../../../client/cli/dev/cluster.js';
import { connect, type ShoalClient } from '../../../../../client/sdk/connect.js';
import { folderPerTest } from '../../../../temporary-folder.js';

const options = { encoderNodes: 0, replicas: 1, clock: systemClock, logger: createLogger('test', 'silent') };

async function withCluster(
  setting: { directory: string; shardNodes: number },
  use: (client: ShoalClient, cluster: RunningCluster) => Promise<void>,
): Promise<void> {
  const { directory: dataDirectory, shardNodes } = setting;
  const cluster = await startCluster({ ...options, dataDirectory, shardNodes, port: 0 });
  const client = connect({ address: cluster.address });
  try {
    await use(client, cluster);
  } finally {
    await client.close();
    await cluster.close();
  }
}

describe('a cluster in one process', () => {
  const directory = folderPerTest();

  it('runs the nodes that were asked for, and keeps what was written over a restart', async () => {
    await withCluster({ directory: directory(), shardNodes: 2 }, async (client) => {
      const { nodes } = await client.cluster.status();
      assert.deepEqual(nodes.map((node) => node.id).sort(), ['coordinator-1', 'shard-1', 'shard-2']);
      await client.collections.create('images', { model: 'none', dim: 2 });
      await client.documents.upsert('images', [{ id: 'a', vector: Float32Array.of(1, 0) }]);
    });
    await withCluster({ directory: directory(), shardNodes: 2 }, async (client) => {
      const { hits } = await client.search('images', Float32Array.of(1, 0), { mode: 'dense' });
      assert.deepEqual(
        hits.map((hit) => hit.id),
        ['a'],
      );
    });
  });

  it('starts as many shard nodes as the folder has data of, though fewer are asked for', async () => {
    const documents = Array.from({ length: 8 }, (_, index) => ({ id: `d${index}`, vector: Float32Array.of(index, 1) }));
    const centroids = Float32Array.of(0, 1, 3, 1, 7, 1);
    await withCluster({ directory: directory(), shardNodes: 3 }, async (client) => {
      await client.collections.create('images', { model: 'none', dim: 2, centroids, shards: 3 });
      await client.documents.upsert('images', documents);
    });
    await withCluster({ directory: directory(), shardNodes: 1 }, async (client, { shardNodes }) => {
      assert.equal(shardNodes, 3);
      assert.equal((await client.documents.count('images')).documents, 8);
    });
  });

  it('refuses a folder that another one uses', () =>
    withCluster({ directory: directory(), shardNodes: 1 }, async () => {
      const second = startCluster({ ...options, dataDirectory: directory(), shardNodes: 1, port: 0 });
      await assert.rejects(second, { code: 'FAILED_PRECONDITION' });
    }));

  it('names a port that is taken, and gives the folder free again', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as AddressInfo;
    try {
      const taken = startCluster({ ...options, dataDirectory: directory(), shardNodes: 1, port });
      await assert.rejects(taken, { message: new RegExp(String(port)) });
    } finally {
      blocker.close();
    }
    await withCluster({ directory: directory(), shardNodes: 1 }, async (client) => {
      assert.equal((await client.collections.list()).length, 0);
    });
  });
});
