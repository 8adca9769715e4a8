import assert from 'node:assert/strict';
import { hashText } from '../../../../base/hash.js';
import { eachSlot, slotColumns, type SlotColumns } from '../../../../vector-index/segment/id-slots.js';
import { idKey } from '../../../../vector-index/segment/segment-reader.js';

function rowsLike(columns: SlotColumns, id: string): number[] {
  const rows: number[] = [];
  eachSlot(columns, idKey(id, hashText(id)), (row) => rows.push(row));
  return rows;
}

describe('the table of ids', () => {
  for (const count of [1, 7, 8, 9, 100, 20_000]) {
    it(`names the row of each of ${count} ids, and seldom one of another`, () => {
      const columns = slotColumns(BigUint64Array.from({ length: count }, (_, row) => hashText(`id${row}`)));
      let others = 0;
      for (let row = 0; row < count; row += 1) {
        const rows = rowsLike(columns, `id${row}`);
        assert.ok(rows.includes(row));
        others += rows.length - 1 + rowsLike(columns, `other${row}`).length;
      }
      assert.ok(others <= 1 + (4 * 16 * count) / 2_048, `${others} of ${count}`);
    });
  }

  it('names every row of an id, ascending', () => {
    const ids = ['a', 'b', 'a', 'c', 'a'];
    const columns = slotColumns(BigUint64Array.from(ids, hashText));
    assert.deepEqual(rowsLike(columns, 'a'), [0, 2, 4]);
  });

  it('takes half a byte more than four a row at most', () => {
    const { starts, slots } = slotColumns(new BigUint64Array(100_000));
    assert.ok(starts.length + slots.length <= 1.125 * 100_000 + 1);
  });
});
