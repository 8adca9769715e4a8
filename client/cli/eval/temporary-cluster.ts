/** A cluster that lives as long as one use of it, in a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../../../base/logger.js';
import { connect, type ShoalClient } from '../../sdk/connect.js';
import { startCluster } from '../dev/cluster.js';
import type { CliContext } from '../context.js';

/** Starts a cluster on free ports, gives `use` a client of it, and removes both afterwards. */
export async function withTemporaryCluster<T>(
  context: Pick<CliContext, 'clock'>,
  use: (client: ShoalClient, address: string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-'));
  try {
    const cluster = await startCluster({
      dataDirectory: directory,
      shardNodes: 1,
      encoderNodes: 1,
      replicas: 1,
      port: 0,
      clock: context.clock,
      logger: createLogger('shoal', 'warn'),
    });
    try {
      const client = connect({ address: cluster.address, clock: context.clock });
      try {
        return await use(client, cluster.address);
      } finally {
        await client.close();
      }
    } finally {
      await cluster.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
