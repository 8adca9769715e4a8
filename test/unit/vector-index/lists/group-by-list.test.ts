import assert from 'node:assert/strict';
import { groupByList } from '../../../../vector-index/lists/group-by-list.js';

describe('grouping by list', () => {
  it('gives the positions of each list, lists ascending, without those that are not taken', () => {
    const lists = Uint32Array.of(7, 2, 7, 2, 9);
    assert.deepEqual(groupByList(lists), [
      { list: 2, positions: Uint32Array.of(1, 3) },
      { list: 7, positions: Uint32Array.of(0, 2) },
      { list: 9, positions: Uint32Array.of(4) },
    ]);
    assert.deepEqual(
      groupByList(lists, (at) => at > 2).map(({ list }) => list),
      [2, 9],
    );
    assert.deepEqual(groupByList(new Uint32Array(0)), []);
  });
});
