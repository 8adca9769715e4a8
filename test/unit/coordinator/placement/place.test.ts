/** New shards and partitions go to the emptiest nodes. */
import assert from 'node:assert/strict';
import { uint32From } from '../../../../base/bytes.js';
import type { ClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import { placeDirectory, placeShards } from '../../../../coordinator/placement/place.js';
import { DirectoryPlacement, ShardPlacement } from '../../../../proto/generated/shoal/v1/cluster.js';
import { encoderNode, mapOf, placement, settings, shardNode } from '../fixtures.js';

const nodes = ['c', 'a', 'b'].map(shardNode);
const oneList = [Uint32Array.of(0)];

function nodesOf(map: ClusterMap, replicas: number, shards = 1): readonly (readonly string[])[] {
  const groups = Array.from({ length: shards }, (_, list) => Uint32Array.of(list));
  return placeShards(map, settings({ replicas }), groups).map((placed) => placed.nodes);
}

describe('placing shards', () => {
  it('takes the emptiest nodes, by name where they are equally full', () => {
    const placements = [placement(0, ['a', 'b']), placement(1, ['a'])];
    assert.deepEqual(nodesOf(mapOf({ nodes, placements }), 2), [['c', 'b']]);
    assert.deepEqual(nodesOf(mapOf({ nodes }), 2), [['a', 'b']]);
  });

  it('counts shards of every collection', () => {
    const other = ShardPlacement.fromPartial({ ...placement(0, ['a', 'b']), uid: 'u2' });
    assert.deepEqual(nodesOf(mapOf({ nodes, placements: [other] }), 1), [['c']]);
  });

  it('spreads the shards of one collection', () => {
    assert.deepEqual(nodesOf(mapOf({ nodes }), 1, 4), [['a'], ['b'], ['c'], ['a']]);
  });

  it('gives the lists, generation 1 and an epoch above all known ones', () => {
    const placements = [{ ...placement(0, ['a']), epoch: 8n }, placement(1, ['a'])];
    const placed = placeShards(mapOf({ nodes, placements }), settings(), [Uint32Array.of(0, 2), Uint32Array.of(1)]);
    assert.deepEqual(
      placed.map(({ shard, generation, epoch, lists }) => [shard, generation, epoch, [...uint32From(lists, 'lists')]]),
      [
        [0, 1n, 9n, [0, 2]],
        [1, 1n, 9n, [1]],
      ],
    );
  });

  it('refuses when there are fewer shard nodes than replicas; encoder nodes do not count', () => {
    const map = mapOf({ nodes: [shardNode('a'), encoderNode('e')] });
    assert.throws(() => placeShards(map, settings({ replicas: 2 }), oneList), {
      code: 'FAILED_PRECONDITION',
      message: "collection 'notes' wants 2 replicas, 1 shard nodes are up; start more nodes or ask for fewer replicas",
    });
  });
});

describe('placing a directory', () => {
  it('cuts the hashes into equal ranges and spreads them', () => {
    const placed = placeDirectory(mapOf({ nodes, placements: [placement(0, ['a'])] }), settings(), 3);
    assert.deepEqual(
      placed.map(({ partition, nodes: at, epoch }) => [partition, at, epoch]),
      [
        [0, ['a'], 2n],
        [1, ['b'], 2n],
        [2, ['c'], 2n],
      ],
    );
    assert.equal(placed[0]?.hashFirst, 0n);
    assert.equal(placed[2]?.hashLast, 2n ** 64n - 1n);
  });

  it('counts partitions of every collection', () => {
    const other = DirectoryPlacement.fromPartial({ uid: 'u2', partition: 0, nodes: ['a'] });
    const map = { ...mapOf({ nodes }), directories: new Map([['u2', new Map([[0, other]])]]) };
    assert.deepEqual(placeDirectory(map, settings({ replicas: 2 }), 1)[0]?.nodes, ['b', 'c']);
  });
});
