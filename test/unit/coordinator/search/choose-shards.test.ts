/** A query asks the shards that hold most of its nearest lists, and no others. */
import assert from 'node:assert/strict';
import { listsOfNeededShards } from '../../../../coordinator/search/choose-shards.js';

describe('the shards that a query needs', () => {
  const shardOf = Uint32Array.of(0, 0, 0, 1, 1, 2);

  it('are all for a share of 1', () => {
    assert.deepEqual([...listsOfNeededShards(Uint32Array.of(5, 0, 3), shardOf, 1)], [5, 0, 3]);
  });

  it('are the heaviest that have the share, and their lists keep their order', () => {
    assert.deepEqual([...listsOfNeededShards(Uint32Array.of(1, 3, 0, 2, 5, 4), shardOf, 0.6)], [1, 0, 2]);
    assert.deepEqual([...listsOfNeededShards(Uint32Array.of(1, 3, 0, 2, 5, 4), shardOf, 0.9)], [1, 3, 0, 2, 4]);
  });

  it('are at least the nearest list’s own', () => {
    assert.deepEqual([...listsOfNeededShards(Uint32Array.of(5), shardOf, 0.01)], [5]);
    assert.deepEqual([...listsOfNeededShards(Uint32Array.of(3, 0), shardOf, 0.01)], [3]);
  });

  it('are none for no list', () => assert.equal(listsOfNeededShards(new Uint32Array(0), shardOf, 0.5).length, 0));

  it('are the nearer of two that are equally heavy', () => {
    const alternating = Uint32Array.of(1, 0);
    const nearest = Uint32Array.of(1, 0);
    assert.deepEqual([...listsOfNeededShards(nearest, alternating, 0.3)], [1]);
  });

  it('refuses a share of nothing', () => {
    assert.throws(() => listsOfNeededShards(Uint32Array.of(1), shardOf, 0), /share/);
  });
});
