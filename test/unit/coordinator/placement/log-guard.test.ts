/** A log that ends below what nodes have is not written, and is opened anew once nothing of it is lost by that. */
import assert from 'node:assert/strict';
import type { ChangeLog } from '../../../../cluster/change-log.js';
import type { ClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import { LogGuard } from '../../../../coordinator/placement/log-guard.js';
import { DirectoryPlacement, DirectoryState, Node, NodeKind } from '../../../../proto/generated/shoal/v1/cluster.js';
import { mapOf, placement, replica, settings, silent, uid } from '../fixtures.js';

function mapAt(durable: readonly bigint[], committed: bigint, coordinators: readonly string[] = ['c1']): ClusterMap {
  const names = durable.map((_, i) => `node-${i}`);
  const directory = DirectoryPlacement.fromPartial({ uid, partition: 0, nodes: ['node-0'] });
  const state = DirectoryState.fromPartial({ uid, partition: 0, node: 'node-0', state: 'ready', committed });
  return {
    ...mapOf({
      collections: [settings()],
      nodes: coordinators.map((id) => Node.fromPartial({ id, kind: NodeKind.NODE_KIND_COORDINATOR })),
      placements: [placement(0, names)],
      replicas: durable.map((mark, i) => replica(0, `node-${i}`, { durable: mark })),
    }),
    directories: new Map([[uid, new Map([[0, directory]])]]),
    directoryStates: new Map([[`${uid}/0/node-0`, state]]),
  };
}

function rig(lastSequence: bigint): { guard: LogGuard; events: string[]; isWritable(): boolean } {
  const events: string[] = [];
  const state = { last: lastSequence };
  const log: Partial<ChangeLog> = {
    state: async () => ({ firstSequence: 1n, lastSequence: state.last, entries: 5, bytes: 0 }),
    lastSequence: async () => state.last,
    dropStream: async () => void events.push('drop'),
    createStream: async (_, first) => {
      state.last = first - 1n;
      events.push(`create from ${first}`);
    },
  };
  const guard = new LogGuard({ id: 'c1', log: log as ChangeLog, logger: silent });
  const isWritable = (): boolean => {
    try {
      guard.checkWritable(uid);
      return true;
    } catch (error) {
      assert.match(String(error), /the log of the collection ends at position 20, but nodes have it up to 30/);
      return false;
    }
  };
  return { guard, events, isWritable };
}

describe('the guard of the log', () => {
  it('lets a log be written that is above what nodes have', async () => {
    const { guard, events, isWritable } = rig(20n);
    await guard.follow(mapAt([20n, 7n], 20n));
    assert.deepEqual([isWritable(), events], [true, []]);
  });

  it('stops writes to one that lost its end, while a node has not all that is left', async () => {
    for (const map of [mapAt([30n, 7n], 20n), mapAt([20n, 20n], 30n, ['c1', 'c0']), mapAt([30n], 19n)]) {
      const { guard, events, isWritable } = rig(20n);
      await guard.follow(map);
      assert.deepEqual([isWritable(), events], [false, []]);
    }
  });

  it('opens it anew above what nodes have, once they have all of it', async () => {
    const { guard, events, isWritable } = rig(20n);
    await guard.follow(mapAt([30n, 7n], 25n));
    assert.equal(isWritable(), false);
    await guard.follow(mapAt([30n, 20n], 25n));
    assert.deepEqual([isWritable(), events], [true, ['drop', 'create from 31']]);
    await guard.follow(mapAt([30n, 20n], 25n));
    assert.equal(events.length, 2);
  });

  it('forgets collections that are dropped', async () => {
    const { guard, isWritable } = rig(20n);
    await guard.follow(mapAt([30n, 7n], 20n));
    await guard.follow(mapOf({}));
    assert.equal(isWritable(), true);
  });
});
