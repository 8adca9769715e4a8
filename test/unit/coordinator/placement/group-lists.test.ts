/** Lists are grouped so that neighbours share a shard and no shard has many more than another. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { groupLists } from '../../../../coordinator/placement/group-lists.js';

/** Three bundles of centroids far from each other, interleaved. */
const bundles = Float32Array.from({ length: 12 * 2 }, (_, i) => {
  const list = i >> 1;
  const angle = (list % 3) * 2 + list * 0.01;
  return i % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
});

const plain = (groups: readonly Uint32Array[]): number[][] => groups.map((lists) => [...lists]);

describe('grouping lists', () => {
  it('keeps neighbours together', () => {
    assert.deepEqual(plain(groupLists({ dim: 2, centroids: bundles }, 3)), [
      [0, 3, 6, 9],
      [1, 4, 7, 10],
      [2, 5, 8, 11],
    ]);
  });

  it('gives every list to one shard, equally many to each, and the same groups again', () => {
    const random = seededRandom(7);
    const structure = { dim: 8, centroids: Float32Array.from({ length: 100 * 8 }, () => random.normal()) };
    for (const shards of [1, 2, 3, 7, 16, 100]) {
      const groups = plain(groupLists(structure, shards));
      assert.equal(groups.length, shards);
      assert.deepEqual(
        groups.flat().sort((a, b) => a - b),
        Array.from({ length: 100 }, (_, list) => list),
      );
      const sizes = groups.map((lists) => lists.length);
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
      for (const lists of groups)
        assert.deepEqual(
          lists,
          [...lists].sort((a, b) => a - b),
        );
      assert.deepEqual(plain(groupLists(structure, shards)), groups);
    }
  });

  it('copes with centroids that are all the same', () => {
    const groups = groupLists({ dim: 2, centroids: new Float32Array(8) }, 2);
    assert.deepEqual(plain(groups), [
      [0, 1],
      [2, 3],
    ]);
  });
});
