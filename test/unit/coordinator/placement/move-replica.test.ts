/** A move is two writes of one placement: the new node enters, and once it serves the old one leaves. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { keys } from '../../../../cluster/keys.js';
import type { Registry, RegistryEntry } from '../../../../cluster/registry.js';
import { stayOf, type ClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../../../cluster/shard-map/cluster-view.js';
import { moveReplica, type MoveParts } from '../../../../coordinator/placement/move-replica.js';
import { ShardPlacement } from '../../../../proto/generated/shoal/v1/cluster.js';
import { deadlineOf, mapOf, placement, registryOf, replica, settings, shardNode, uid } from '../fixtures.js';

const key = keys.placement(uid, 0);
const move = { shard: 0, from: 'a', to: 'b' };

/** Where the shard is on `nodes`, and what `b` says is `state` from the moment in which it is to have one. */
function rig(nodes: string[], state: string | null = 'ready') {
  const value = ShardPlacement.encode(placement(0, nodes)).finish();
  const entries = new Map<string, RegistryEntry>([[key, { key, value, revision: 5n }]]);
  const own = registryOf(entries);
  const written: string[][] = [];
  const transact: Registry['transact'] = async (conditions, writes) => {
    const revision = await own.transact(conditions, writes);
    if (revision !== null) written.push(now().nodes);
    return revision;
  };
  const now = (): ShardPlacement => ShardPlacement.decode(entries.get(key)!.value);
  const stay = (): bigint | null => (entries.has(key) ? stayOf(now(), 'b') : null);
  const current = (): ClusterMap =>
    mapOf({
      nodes: [shardNode('a'), shardNode('b'), shardNode('c')],
      placements: entries.has(key) ? [now()] : [],
      replicas:
        state === null || stay() === null
          ? []
          : [replica(0, 'b', { state, stay: stay()!, problem: state === 'ready' ? '' : 'no room' })],
    });
  const when: ClusterView['when'] = async (look, what) => {
    const found = look(current());
    if (found !== undefined) return found;
    throw new ShoalError('DEADLINE_EXCEEDED', `waited in vain for ${what}`);
  };
  const parts: MoveParts = {
    registry: { ...own, transact },
    view: { current, when } as unknown as ClusterView,
  };
  return { parts, written, now, entries };
}

describe('the move of a replica', () => {
  it('lets the new node in, and the old one out when it serves, under larger epochs', async () => {
    const { parts, written, now } = rig(['a', 'c']);
    assert.deepEqual(await moveReplica(settings(), move, parts, deadlineOf()), ['c', 'b']);
    assert.deepEqual(written, [
      ['a', 'c', 'b'],
      ['c', 'b'],
    ]);
    assert.equal(now().epoch, 3n);
  });

  it('goes on where it was broken off, and changes nothing when it is done', async () => {
    const half = rig(['a', 'b']);
    assert.deepEqual(await moveReplica(settings(), move, half.parts, deadlineOf()), ['b']);
    assert.deepEqual(half.written, [['b']]);
    const done = rig(['b']);
    assert.deepEqual(await moveReplica(settings(), move, done.parts, deadlineOf()), ['b']);
    assert.deepEqual(done.written, []);
  });

  it('leaves both nodes in while the new one does not serve, and says why', async () => {
    const { parts, now } = rig(['a'], 'failed');
    await assert.rejects(moveReplica(settings(), move, parts, deadlineOf()), {
      code: 'DEADLINE_EXCEEDED',
      message: /node 'b' to have shard 0 of collection 'notes': no room; the same command again/,
    });
    assert.deepEqual(now().nodes, ['a', 'b']);
    const silent = rig(['a'], null);
    await assert.rejects(moveReplica(settings(), move, silent.parts, deadlineOf()), { code: 'DEADLINE_EXCEEDED' });
  });

  it('writes on what another write has left, not over it', async () => {
    const { parts, entries, now } = rig(['a']);
    const other = ShardPlacement.encode({ ...placement(0, ['a', 'c']), epoch: 9n }).finish();
    let isFirst = true;
    const transact: Registry['transact'] = (conditions, writes) => {
      if (isFirst) entries.set(key, { key, value: other, revision: 50n });
      isFirst = false;
      return parts.registry.transact(conditions, writes);
    };
    const registry = { ...parts.registry, transact };
    assert.deepEqual(await moveReplica(settings(), move, { ...parts, registry }, deadlineOf()), ['c', 'b']);
    assert.ok(now().epoch > 9n);
  });

  it('is refused where there is nothing to move, or nowhere to', async () => {
    const refused = (changes: object, code: string): Promise<void> => {
      const { parts, entries } = rig(['a']);
      if ('shard' in changes) entries.clear();
      return assert.rejects(moveReplica(settings(), { ...move, ...changes }, parts, deadlineOf()), { code });
    };
    await refused({ to: 'a' }, 'INVALID_ARGUMENT');
    await refused({ to: 'z' }, 'NOT_FOUND');
    await refused({ shard: 0 }, 'NOT_FOUND');
    await refused({ from: 'c' }, 'FAILED_PRECONDITION');
  });
});
