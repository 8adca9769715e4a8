/** Asking shards for their rows. */
import assert from 'node:assert/strict';
import { systemClock } from '../../../../../base/clock.js';
import { Deadline } from '../../../../../base/deadline.js';
import type { Connections } from '../../../../../cluster/rpc/transport.js';
import { emptyClusterMap, type ClusterMap } from '../../../../../cluster/shard-map/cluster-map.js';
import { Node, ReplicaState } from '../../../../../proto/generated/shoal/v1/cluster.js';
import { ListRowsResponse, type ShardRequest } from '../../../../../proto/generated/shoal/v1/shard.js';
import { shardRows } from '../../../../../shard-node/directory/rebuild/shard-rows.js';
import { placement, uid } from '../../fixtures.js';

const ask = { after: 5n, limit: 10, required: [{ subject: 's', sequence: 3n }] };

const where = placement(0, { nodes: ['n1', 'n2'] });

function mapOf(states: Record<string, string>, now = where): ClusterMap {
  return {
    ...emptyClusterMap,
    placements: new Map([[uid, new Map([[0, now]])]]),
    nodes: new Map(Object.keys(states).map((id) => [id, Node.fromPartial({ id, address: `${id}:1` })])),
    replicas: new Map(
      Object.entries(states).map(([node, state]) => [
        `${uid}/0/${node}`,
        ReplicaState.fromPartial({ uid, node, state }),
      ]),
    ),
  };
}

function connectionsTo(answer: object, asked: unknown[]): Connections {
  const stream = (address: string): object => ({
    call: async (request: ShardRequest) => {
      asked.push([address, request.listRows?.ref, request.listRows?.after, request.listRows?.required]);
      return answer;
    },
  });
  return { stream } as unknown as Connections;
}

describe('the rows of a shard', () => {
  it('come from the first replica that is ready', async () => {
    const asked: unknown[] = [];
    const deadline = Deadline.after(systemClock, 1_000);
    const page = ListRowsResponse.fromPartial({ ids: ['a'] });
    const rows = shardRows(connectionsTo({ listRows: page }, asked), () => mapOf({ n1: 'loading', n2: 'ready' }));
    assert.equal(await rows.page(where, ask, deadline), page);
    assert.deepEqual(asked, [['n2:1', { shard: 0, generation: 1n }, 5n, ask.required]]);
    deadline.close();
  });

  it('come from where the shard is by now, though it was elsewhere when the reading began', async () => {
    const asked: unknown[] = [];
    const deadline = Deadline.after(systemClock, 1_000);
    const moved = mapOf({ n1: 'ready', n3: 'ready' }, placement(0, { nodes: ['n3'] }));
    const rows = shardRows(connectionsTo({ listRows: ListRowsResponse.fromPartial({}) }, asked), () => moved);
    await rows.page(where, ask, deadline);
    assert.deepEqual(
      asked.map((each) => (each as unknown[])[0]),
      ['n3:1'],
    );
    deadline.close();
  });

  it('are not to be had while none is', async () => {
    const deadline = Deadline.after(systemClock, 1_000);
    const rows = shardRows(connectionsTo({}, []), () => mapOf({ n1: 'failed' }));
    await assert.rejects(rows.page(where, ask, deadline), { code: 'UNAVAILABLE', message: /shard 0 of collection u1/ });
    const odd = shardRows(connectionsTo({}, []), () => mapOf({ n1: 'ready' }));
    await assert.rejects(odd.page(where, ask, deadline), { code: 'INTERNAL' });
    deadline.close();
  });
});
