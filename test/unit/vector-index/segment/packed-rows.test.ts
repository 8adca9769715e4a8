import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { ListedRows, PackedRows, packRows } from '../../../../vector-index/segment/packed-rows.js';

describe('packed rows', () => {
  it('are the rows that were packed, in the bits that the largest needs', () => {
    const random = seededRandom(1);
    for (const count of [0, 1, 2, 3, 4, 5, 31, 33, 1_000, 70_001]) {
      const rows = Uint32Array.from({ length: count }, (_, row) => row);
      for (let at = count - 1; at > 0; at -= 1) {
        const other = random.below(at + 1);
        [rows[at], rows[other]] = [rows[other]!, rows[at]!];
      }
      const words = packRows(rows);
      assert.equal(words.length, Math.ceil((count * Math.max(1, Math.ceil(Math.log2(count)))) / 32) || 0);
      const read = new PackedRows(words, count);
      assert.deepEqual(read.all(), rows);
      assert.ok(rows.every((row, at) => read.at(at) === row));
    }
  });
});

describe('listed rows', () => {
  it('are a copy of those given', () => {
    const rows = Uint32Array.of(2, 0, 1);
    const listed = new ListedRows(rows);
    listed.all()[0] = 9;
    assert.deepEqual([listed.at(0), listed.at(2)], [2, 1]);
  });
});
