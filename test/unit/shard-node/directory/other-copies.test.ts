/** Waiting for the copies of a partition on other nodes. */
import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { Deadline } from '../../../../base/deadline.js';
import { ShoalError } from '../../../../base/errors.js';
import type { Connections } from '../../../../cluster/rpc/transport.js';
import { emptyClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import { DirectoryPlacement, DirectoryState, Node } from '../../../../proto/generated/shoal/v1/cluster.js';
import type { ShardRequest } from '../../../../proto/generated/shoal/v1/shard.js';
import { otherCopies } from '../../../../shard-node/directory/other-copies.js';
import { uid } from '../fixtures.js';

describe('the other copies of a partition', () => {
  const states = { n1: 'ready', n2: 'ready', n3: 'loading', n4: 'ready' };
  const map = {
    ...emptyClusterMap,
    nodes: new Map(Object.keys(states).map((id) => [id, Node.fromPartial({ id, address: `${id}:1` })])),
    directoryStates: new Map(
      Object.entries(states).map(([node, state]) => [`${uid}/0/${node}`, DirectoryState.fromPartial({ node, state })]),
    ),
  };
  const placement = DirectoryPlacement.fromPartial({ uid, partition: 0, nodes: ['n1', 'n2', 'n3'] });

  it('are asked where they are ready and placed, and this node is not', async () => {
    const asked: unknown[] = [];
    const stream = (address: string): object => ({
      call: async ({ awaitCommitted }: ShardRequest) => asked.push([address, awaitCommitted?.sequence]),
    });
    const connections = { stream } as unknown as Connections;
    const deadline = Deadline.after(systemClock, 1_000);
    await otherCopies(connections, () => map, placement, 'n1').settled(7n, deadline);
    assert.deepEqual(asked, [['n2:1', 7n]]);
    deadline.close();
  });

  it('that cannot say are told of', async () => {
    const stream = (): object => ({ call: () => Promise.reject(new ShoalError('UNAVAILABLE', 'away')) });
    const connections = { stream } as unknown as Connections;
    const deadline = Deadline.after(systemClock, 1_000);
    await assert.rejects(otherCopies(connections, () => map, placement, 'n1').settled(7n, deadline), {
      code: 'UNAVAILABLE',
    });
    deadline.close();
  });
});
