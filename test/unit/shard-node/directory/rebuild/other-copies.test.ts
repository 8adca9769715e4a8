/** Asking the copies of a partition on other nodes for what they have. */
import assert from 'node:assert/strict';
import { systemClock } from '../../../../../base/clock.js';
import { Deadline } from '../../../../../base/deadline.js';
import type { Connections } from '../../../../../cluster/rpc/transport.js';
import { emptyClusterMap } from '../../../../../cluster/shard-map/cluster-map.js';
import { DirectoryPlacement, Node } from '../../../../../proto/generated/shoal/v1/cluster.js';
import { ReadCopyResponse } from '../../../../../proto/generated/shoal/v1/directory.js';
import type { ShardRequest, ShardResponse } from '../../../../../proto/generated/shoal/v1/shard.js';
import { otherCopies } from '../../../../../shard-node/directory/rebuild/other-copies.js';
import { uid } from '../../fixtures.js';

const here = { uid, partition: 0 };
const start = { state: 0n, afterId: '', verdictsFrom: 0 };

/** n1 and n2 run. */
function mapWith(placed: readonly string[]): typeof emptyClusterMap {
  const nodes = ['n1', 'n2'].map((id) => [id, Node.fromPartial({ id, address: `${id}:1` })] as const);
  const placement = DirectoryPlacement.fromPartial({ ...here, nodes: [...placed] });
  return { ...emptyClusterMap, nodes: new Map(nodes), directories: new Map([[uid, new Map([[0, placement]])]]) };
}

function connectionsThat(call: (address: string, request: ShardRequest) => Partial<ShardResponse>): Connections {
  const stream = (address: string): object => ({ call: async (request: ShardRequest) => call(address, request) });
  return { stream } as unknown as Connections;
}

describe('the other copies of a partition', () => {
  const deadline = Deadline.after(systemClock, 5_000);
  after(() => deadline.close());

  it('are those that are placed at the time, running or not', () => {
    const state = { map: mapWith(['n3', 'n1', 'n2']) };
    const copies = otherCopies(
      connectionsThat(() => assert.fail('not asked')),
      () => state.map,
      here,
      'n1',
    );
    const named = (): unknown => copies().map(({ node, isBefore }) => [node, isBefore]);
    assert.deepEqual(named(), [
      ['n3', true],
      ['n2', false],
    ]);
    state.map = mapWith(['n1']);
    assert.deepEqual(named(), []);
  });

  it('are asked for pages', async () => {
    const asked: unknown[] = [];
    const connections = connectionsThat((address, { readCopy }) => {
      asked.push([address, readCopy]);
      return { readCopy: ReadCopyResponse.fromPartial({ committed: 7n }) };
    });
    const [copy] = otherCopies(connections, () => mapWith(['n1', 'n2']), here, 'n1')();
    assert.equal((await copy!.read(start, deadline)).committed, 7n);
    assert.deepEqual(asked, [['n2:1', { ...here, ...start }]]);
  });

  it('that do not run, or say something else, are told of', async () => {
    const copies = otherCopies(
      connectionsThat(() => ({})),
      () => mapWith(['n1', 'n2', 'n3']),
      here,
      'n1',
    )();
    await assert.rejects(copies[0]!.read(start, deadline), { code: 'INTERNAL' });
    await assert.rejects(copies[1]!.read(start, deadline), {
      code: 'UNAVAILABLE',
      message: /node 'n3'.* does not run/,
    });
  });
});
