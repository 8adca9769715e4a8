/** Registry events in, a picture of the cluster out. */
import assert from 'node:assert/strict';
import { keys } from '../../../../cluster/keys.js';
import type { RegistryEvent } from '../../../../cluster/registry.js';
import {
  addressesOfReady,
  applyEvents,
  collectionNamed,
  directoriesOf,
  directoryStatesOf,
  emptyClusterMap,
  epochOf,
  nodesOfKind,
  placementsOf,
  replicaOf,
  replicasOf,
  resolveAlias,
  stayOf,
  type ClusterMap,
} from '../../../../cluster/shard-map/cluster-map.js';
import {
  DirectoryPlacement,
  DirectoryState,
  Node,
  NodeKind,
  ReplicaState,
  ShardPlacement,
} from '../../../../proto/generated/shoal/v1/cluster.js';
import { CollectionSettings } from '../../../../proto/generated/shoal/v1/collections.js';
import { TrainingRecord, TrainingState } from '../../../../proto/generated/shoal/v1/training.js';

const put = (key: string, value: Uint8Array, revision = 1n): RegistryEvent => ({
  kind: 'put',
  entry: { key, value, revision },
});
const gone = (key: string, revision = 9n): RegistryEvent => ({ kind: 'delete', key, revision });
const placed = (uid: string, shard: number, nodes: string[] = ['a', 'b']): RegistryEvent =>
  put(keys.placement(uid, shard), ShardPlacement.encode(ShardPlacement.fromPartial({ uid, shard, nodes })).finish());
const node = (id: string, kind: NodeKind): RegistryEvent =>
  put(keys.node(id), Node.encode(Node.fromPartial({ id, kind })).finish());
const state = (shard: number, on: string): RegistryEvent =>
  put(
    keys.replica('u', shard, on),
    ReplicaState.encode(ReplicaState.fromPartial({ uid: 'u', shard, node: on })).finish(),
  );
const collection: RegistryEvent[] = [
  put(keys.collection('notes'), Buffer.from('u')),
  put(
    keys.setting('u'),
    CollectionSettings.encode(CollectionSettings.fromPartial({ name: 'notes', uid: 'u' })).finish(),
  ),
];

const mapOf = (...events: RegistryEvent[]): ClusterMap => applyEvents(emptyClusterMap, events);

describe('the picture of a cluster', () => {
  it('has what was put, and not what was deleted', () => {
    const map = mapOf(
      ...collection,
      placed('u', 0),
      placed('u', 1),
      node('a', NodeKind.NODE_KIND_SHARD),
      state(0, 'a'),
    );
    assert.equal(map.uids.get('notes'), 'u');
    assert.equal(map.settings.get('u')?.name, 'notes');
    const after = applyEvents(map, [
      gone(keys.placement('u', 0)),
      gone(keys.node('a')),
      gone(keys.replica('u', 0, 'a')),
      gone(keys.collection('notes')),
    ]);
    assert.deepEqual([...(after.placements.get('u')?.keys() ?? [])], [1]);
    assert.deepEqual([after.nodes.size, after.replicas.size, after.uids.size, after.settings.size], [0, 0, 0, 1]);
  });

  it('has the latest training of a collection, and what it does while somebody sees to it', () => {
    const record = TrainingRecord.fromPartial({ number: 3 });
    const state = TrainingState.fromPartial({ progress: { share: 0.5 } });
    const map = mapOf(
      put(keys.trainingRecord('u'), TrainingRecord.encode(record).finish()),
      put(keys.trainingState('u'), TrainingState.encode(state).finish()),
    );
    assert.deepEqual([map.trainingRecords.get('u'), map.trainingStates.get('u')], [record, state]);
    const after = applyEvents(map, [gone(keys.trainingState('u'))]);
    assert.deepEqual([after.trainingRecords.size, after.trainingStates.size], [1, 0]);
  });

  it('forgets a collection’s placements with the last of them', () => {
    assert.equal(applyEvents(mapOf(placed('u', 0)), [gone(keys.placement('u', 0))]).placements.has('u'), false);
  });

  it('leaves the picture before as it was', () => {
    const before = mapOf(placed('u', 0), node('a', NodeKind.NODE_KIND_SHARD));
    applyEvents(before, [gone(keys.placement('u', 0)), placed('u', 5), gone(keys.node('a'))]);
    assert.deepEqual([...(before.placements.get('u')?.keys() ?? [])], [0]);
    assert.equal(before.nodes.size, 1);
  });

  it('shares with the picture before what no event concerns', () => {
    const before = mapOf(placed('u', 0), placed('v', 0), node('a', NodeKind.NODE_KIND_SHARD));
    const after = applyEvents(before, [placed('u', 1), placed('u', 2)]);
    assert.deepEqual([...(after.placements.get('u')?.keys() ?? [])], [0, 1, 2]);
    assert.equal(after.nodes, before.nodes);
    assert.equal(after.placements.get('v'), before.placements.get('v'));
  });

  it('bears the largest revision seen', () => {
    const map = applyEvents(emptyClusterMap, [
      put('other/x', Buffer.of(1), 4n),
      gone('other/y', 7n),
      put('other/z', Buffer.of(1), 5n),
    ]);
    assert.equal(map.revision, 7n);
    assert.equal(applyEvents(map, []).revision, 7n);
  });

  it('passes by keys of other families', () => {
    const { revision: _, ...rest } = mapOf(put('floors/shoal.u.1.0', Buffer.from('3')), put('nonsense', Buffer.of(1)));
    const { revision: __, ...empty } = emptyClusterMap;
    assert.deepEqual(rest, empty);
  });

  it('may hear the same event twice', () => {
    assert.deepEqual(mapOf(...collection, placed('u', 0), placed('u', 0)), mapOf(...collection, placed('u', 0)));
    assert.deepEqual(applyEvents(mapOf(), [gone(keys.node('x')), gone(keys.node('x'))]).nodes.size, 0);
  });
});

describe('looking into the picture', () => {
  it('finds a collection by name, or says what to do', () => {
    assert.equal(collectionNamed(mapOf(...collection), 'notes').uid, 'u');
    const missing = {
      code: 'NOT_FOUND',
      message: "collection 'notes' does not exist; create it or list those that do",
    };
    assert.throws(() => collectionNamed(mapOf(), 'notes'), missing);
    assert.throws(() => collectionNamed(mapOf(collection[0]!), 'notes'), missing);
  });

  it('gives placements ascending by shard number', () => {
    const map = mapOf(placed('u', 10), placed('u', 2), placed('v', 1));
    assert.deepEqual(
      placementsOf(map, 'u').map(({ shard }) => shard),
      [2, 10],
    );
    assert.deepEqual(placementsOf(map, 'x'), []);
  });

  it('gives the replicas that speak, of the nodes that are named', () => {
    const map = mapOf(
      placed('u', 0, ['b', 'a', 'silent']),
      state(0, 'a'),
      state(0, 'b'),
      state(0, 'stranger'),
      state(1, 'a'),
    );
    const [placement] = placementsOf(map, 'u');
    assert.deepEqual(
      replicasOf(map, placement!).map(({ node: on }) => on),
      ['b', 'a'],
    );
  });

  it('takes what a node said during an earlier stay for nothing', () => {
    const key = keys.placement('u', 0);
    const value = ShardPlacement.fromPartial({ uid: 'u', shard: 0, nodes: ['a', 'b'], stays: [0n, 7n] });
    const said = (on: string, stay: bigint): RegistryEvent =>
      put(
        keys.replica('u', 0, on),
        ReplicaState.encode(ReplicaState.fromPartial({ uid: 'u', node: on, stay })).finish(),
      );
    const map = mapOf(put(key, ShardPlacement.encode(value).finish()), said('a', 0n), said('b', 3n), said('c', 0n));
    const [placement] = placementsOf(map, 'u');
    assert.deepEqual(
      ['a', 'b', 'c'].map((on) => [stayOf(placement!, on), replicaOf(map, placement!, on)?.node]),
      [
        [0n, 'a'],
        [7n, undefined],
        [null, undefined],
      ],
    );
    const now = applyEvents(map, [said('b', 7n)]);
    assert.deepEqual(
      replicasOf(now, placement!).map(({ node: on }) => on),
      ['a', 'b'],
    );
  });

  it('gives members of a kind by name', () => {
    const map = mapOf(
      node('c', NodeKind.NODE_KIND_SHARD),
      node('a', NodeKind.NODE_KIND_SHARD),
      node('b', NodeKind.NODE_KIND_ENCODER),
    );
    assert.deepEqual(
      nodesOfKind(map, NodeKind.NODE_KIND_SHARD).map(({ id }) => id),
      ['a', 'c'],
    );
  });
});

describe('an alias', () => {
  const alias = (name: string, target: string): RegistryEvent => put(keys.alias(name), Buffer.from(target));

  it('means its collection, through other aliases too', () => {
    const map = mapOf(...collection, alias('news', 'current'), alias('current', 'notes'));
    assert.equal(resolveAlias(map, 'news'), 'notes');
    assert.equal(collectionNamed(map, 'news').uid, 'u');
    assert.throws(() => collectionNamed(applyEvents(map, [gone(keys.alias('current'))]), 'news'), {
      code: 'NOT_FOUND',
    });
  });

  it('that points in a circle means no collection', () => {
    const map = mapOf(alias('a', 'b'), alias('b', 'a'));
    assert.throws(() => collectionNamed(map, 'a'), { code: 'NOT_FOUND' });
  });
});

describe('the partitions of a directory', () => {
  const partition = (number: number, epoch: bigint): RegistryEvent =>
    put(
      keys.directory('u', number),
      DirectoryPlacement.encode(
        DirectoryPlacement.fromPartial({ uid: 'u', partition: number, epoch, nodes: ['a', 'b'] }),
      ).finish(),
    );

  it('are in order, each with what its nodes say', () => {
    const value = DirectoryState.encode(DirectoryState.fromPartial({ state: 'ready', node: 'b' })).finish();
    const map = mapOf(partition(1, 4n), partition(0, 5n), put(keys.directoryState('u', 1, 'b'), value));
    const [first, second] = directoriesOf(map, 'u');
    assert.deepEqual([first?.partition, second?.partition], [0, 1]);
    assert.deepEqual(directoryStatesOf(map, first!), []);
    assert.deepEqual(
      directoryStatesOf(map, second!).map(({ node: on }) => on),
      ['b'],
    );
    assert.equal(epochOf(map), 5n);
    assert.equal(epochOf(emptyClusterMap), 0n);
    assert.deepEqual(
      directoriesOf(applyEvents(map, [gone(keys.directory('u', 0)), gone(keys.directory('u', 1))]), 'u'),
      [],
    );
  });
});

describe('a hold', () => {
  it('is a position until it is given back', () => {
    const map = mapOf(put(keys.hold('u', 'backup-1'), Buffer.from('42')));
    assert.deepEqual([...map.holds], [['u/backup-1', 42n]]);
    assert.equal(applyEvents(map, [gone(keys.hold('u', 'backup-1'))]).holds.size, 0);
  });
});

describe('the addresses of what is ready', () => {
  it('are those of the nodes that are there', () => {
    const on = (id: string, address: string): RegistryEvent =>
      put(keys.node(id), Node.encode(Node.fromPartial({ id, address })).finish());
    const map = mapOf(on('a', 'a:1'), on('b', 'b:1'));
    const states = [
      { node: 'b', state: 'ready' },
      { node: 'a', state: 'loading' },
      { node: 'gone', state: 'ready' },
    ];
    assert.deepEqual(addressesOfReady(map, states), ['b:1']);
  });
});
