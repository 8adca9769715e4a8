/** Lists are packed so that neighbours share a shard and no shard weighs much more than another. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { systemClock as clock } from '../../../../base/clock.js';
import { fanOutOf, packLists } from '../../../../coordinator/placement/pack-lists.js';
import { nearestLists } from '../../../../vector-index/codebook/structure.js';

/** Three bundles of centroids far from each other, interleaved. */
const bundles = Float32Array.from({ length: 12 * 2 }, (_, i) => {
  const list = i >> 1;
  const angle = (list % 3) * 2 + list * 0.01;
  return i % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
});

const plain = (groups: readonly Uint32Array[]): number[][] => groups.map((lists) => [...lists]);

function randomStructure(lists: number, dim: number, seed: number): { dim: number; centroids: Float32Array } {
  const random = seededRandom(seed);
  return { dim, centroids: Float32Array.from({ length: lists * dim }, () => random.normal()) };
}

function shardOfLists(groups: readonly Uint32Array[]): Uint32Array {
  const shardOf = new Uint32Array(groups.reduce((sum, { length }) => sum + length, 0));
  groups.forEach((lists, shard) => lists.forEach((list) => (shardOf[list] = shard)));
  return shardOf;
}

describe('packing lists', () => {
  it('keeps neighbours together', async () => {
    assert.deepEqual(plain(await packLists({ dim: 2, centroids: bundles }, { clock, shards: 3 })), [
      [0, 3, 6, 9],
      [1, 4, 7, 10],
      [2, 5, 8, 11],
    ]);
  });

  it('gives every list to one shard, none without, and the same groups again', async () => {
    const structure = randomStructure(100, 8, 7);
    for (const shards of [1, 2, 3, 7, 16, 100]) {
      const groups = plain(await packLists(structure, { clock, shards }));
      assert.equal(groups.length, shards);
      assert.deepEqual(
        groups.flat().sort((a, b) => a - b),
        Array.from({ length: 100 }, (_, list) => list),
      );
      for (const lists of groups) {
        assert.ok(lists.length > 0);
        assert.deepEqual(
          lists,
          [...lists].sort((a, b) => a - b),
        );
      }
      assert.deepEqual(
        groups.map((lists) => lists[0]),
        groups.map((lists) => lists[0]!).sort((a, b) => a - b),
      );
      assert.deepEqual(plain(await packLists(structure, { clock, shards })), groups);
    }
  });

  it('lets no shard weigh more than 1.1 of the mean where lists are many and light', async () => {
    const random = seededRandom(3);
    const structure = randomStructure(1_000, 16, 4);
    const weights = Float64Array.from({ length: 1_000 }, () => 1 + random.below(10));
    const groups = await packLists(structure, { clock, shards: 12, weights });
    const loads = groups.map((lists) => lists.reduce((sum, list) => sum + weights[list]!, 0));
    const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length;
    assert.ok(Math.max(...loads) <= 1.1 * mean, `${Math.max(...loads) / mean}`);
  });

  it('touches fewer shards a query than lists dealt out in turn, and than cuts alone would', async () => {
    const structure = randomStructure(2_000, 8, 5);
    const random = seededRandom(6);
    const probes = Array.from({ length: 500 }, () =>
      nearestLists(
        structure,
        Float32Array.from({ length: 8 }, () => random.normal()),
        16,
      ),
    );
    const dealt = Uint32Array.from({ length: 2_000 }, (_, list) => list % 16);
    const unprobed = shardOfLists(await packLists(structure, { clock, shards: 16, probes: [] }));
    const packed = shardOfLists(await packLists(structure, { clock, shards: 16 }));
    assert.ok(fanOutOf(packed, probes) < 0.6 * fanOutOf(dealt, probes));
    assert.ok(fanOutOf(packed, probes) < 0.9 * fanOutOf(unprobed, probes));
  });

  it('keeps together what queries read together, though it lies apart', async () => {
    const structure = { dim: 1, centroids: Float32Array.from({ length: 40 }, (_, list) => list) };
    const pairs = Array.from({ length: 20 }, (_, list) => Uint32Array.of(list, list + 20));
    const groups = await packLists(structure, { clock, shards: 4, probes: pairs });
    const before = await packLists(structure, { clock, shards: 4, probes: [] });
    assert.equal(fanOutOf(shardOfLists(before), pairs), 2);
    assert.ok(fanOutOf(shardOfLists(groups), pairs) < 1.7);
  });

  it('copes with centroids that are all the same, and with lists that weigh nothing', async () => {
    const structure = { dim: 2, centroids: new Float32Array(8) };
    for (const weights of [Float64Array.of(1, 1, 1, 1), new Float64Array(4)]) {
      const groups = plain(await packLists(structure, { clock, shards: 2, weights }));
      assert.deepEqual(groups.flat().sort(), [0, 1, 2, 3]);
      assert.equal(groups.length, 2);
    }
  });

  it('gives a list heavier than all others together a shard, and does not end with an empty one', async () => {
    const weights = new Float64Array(20).fill(1);
    weights[7] = 1_000;
    const groups = await packLists(randomStructure(20, 4, 9), { clock, shards: 4, weights });
    assert.ok(groups.every(({ length }) => length > 0));
    assert.equal(groups.flatMap((lists) => [...lists]).length, 20);
  });
});
