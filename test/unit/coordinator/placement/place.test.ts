import assert from 'node:assert/strict';
import { uint32From } from '../../../../base/bytes.js';
import { placeShard } from '../../../../coordinator/placement/place.js';
import { ShardPlacement } from '../../../../proto/generated/shoal/v1/cluster.js';
import { encoderNode, mapOf, placement, settings, shardNode } from '../fixtures.js';

const nodes = ['c', 'a', 'b'].map(shardNode);

describe('placing a shard', () => {
  it('takes the emptiest nodes, by name where they are equally full', () => {
    const placements = [placement(0, ['a', 'b']), placement(1, ['a'])];
    assert.deepEqual(placeShard(mapOf({ nodes, placements }), settings({ replicas: 2 }), 0).nodes, ['c', 'b']);
    assert.deepEqual(placeShard(mapOf({ nodes }), settings({ replicas: 2 }), 0).nodes, ['a', 'b']);
  });

  it('counts shards of every collection', () => {
    const other = ShardPlacement.fromPartial({ ...placement(0, ['a', 'b']), uid: 'u2' });
    assert.deepEqual(placeShard(mapOf({ nodes, placements: [other] }), settings(), 0).nodes, ['c']);
  });

  it('gives list 0, generation 1 and an epoch above all known ones', () => {
    const placements = [{ ...placement(0, ['a']), epoch: 8n }, placement(1, ['a'])];
    const placed = placeShard(mapOf({ nodes, placements }), settings(), 5);
    assert.deepEqual([placed.shard, placed.generation, placed.epoch], [5, 1n, 9n]);
    assert.deepEqual([...uint32From(placed.lists, 'lists')], [0]);
  });

  it('refuses when there are fewer shard nodes than replicas; encoder nodes do not count', () => {
    const map = mapOf({ nodes: [shardNode('a'), encoderNode('e')] });
    assert.throws(() => placeShard(map, settings({ replicas: 2 }), 0), {
      code: 'FAILED_PRECONDITION',
      message: "collection 'notes' wants 2 replicas, 1 shard nodes are up; start more nodes or ask for fewer replicas",
    });
  });
});
