/** What keeps a node from starting is said with what to do, and leaves nothing behind. */
import assert from 'node:assert/strict';
import { systemClock } from '../../base/clock.js';
import { createLogger } from '../../base/logger.js';
import { openEmbedded } from '../../cluster/embedded/open.js';
import { keys } from '../../cluster/keys.js';
import { startCoordinator } from '../../coordinator/main.js';
import { startShardNode } from '../../shard-node/main.js';
import { withCluster } from './small-cluster.js';

const logger = createLogger('test', 'silent');
const clock = systemClock;

describe('a node that cannot start', () => {
  it('says that its port is in use, and is not listed', () =>
    withCluster({}, async (cluster) => {
      const port = Number(cluster.address.split(':')[1]);
      const parts = { ...cluster.embedded, clock, logger };
      const refused = { code: 'FAILED_PRECONDITION', message: new RegExp(`${port}`) };
      await assert.rejects(startCoordinator({ config: { id: 'other-1', port }, ...parts }), refused);
      const config = { id: 'other-2', port, dataDirectory: cluster.dataOf('other-2') };
      await assert.rejects(startShardNode({ config, ...parts }), refused);
      const members = (await cluster.embedded.registry.list(keys.nodes)).map(({ key }) => key);
      assert.deepEqual(members, ['nodes/coordinator-1', 'nodes/shard-1']);
    }));

  it('says that its data directory is in use', () =>
    withCluster({}, async ({ directory }) => {
      await assert.rejects(openEmbedded({ directory, clock, logger }), { code: 'FAILED_PRECONDITION', message: /use/ });
    }));
});
