import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { hasBit } from '../../../../vector-index/bitmap.js';
import { RowsByList } from '../../../../vector-index/segment/rows-by-list.js';

describe('the rows of a segment by list', () => {
  it('are a bitmap of any lists, named in any order, also twice', () => {
    const random = seededRandom(1);
    const lists = Uint32Array.from({ length: 500 }, () => random.below(7) * 1_000_000_007);
    const rows = new RowsByList(lists, 450);
    for (const asked of [[], [0], [1_000_000_007, 0, 0], [5], [0, 5, 4_000_000_028]]) {
      const bits = rows.bitmap(Uint32Array.from(asked))!;
      const wanted = new Set(asked.map((list) => list >>> 0));
      for (let row = 0; row < 450; row += 1) assert.equal(hasBit(bits, row), wanted.has(lists[row]!), `row ${row}`);
    }
  });

  it('are null when they are all rows', () => {
    const lists = Uint32Array.of(3, 9, 3, 8);
    assert.equal(new RowsByList(lists, 4).bitmap(Uint32Array.of(3, 4, 8, 9)), null);
    assert.equal(new RowsByList(lists, 3).bitmap(Uint32Array.of(3, 9)), null);
    assert.deepEqual(new RowsByList(lists, 4).bitmap(Uint32Array.of(3, 3)), Uint8Array.of(0b0101));
    assert.deepEqual(new RowsByList(Uint32Array.of(3, 3), 2).bitmap(Uint32Array.of(4)), Uint8Array.of(0));
    assert.equal(new RowsByList(Uint32Array.of(3, 3), 2).bitmap(Uint32Array.of(3)), null);
  });
});
