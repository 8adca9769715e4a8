import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { addRow, DocIdRows, rowsIn } from '../../../../vector-index/segment/doc-id-rows.js';

describe('the rows of docIds', () => {
  it('are found while they ascend and after they no longer do', () => {
    const random = seededRandom(1);
    for (const isSorted of [true, false]) {
      const values = Array.from({ length: 60 }, () => BigInt(random.below(30)));
      if (isSorted) values.sort((left, right) => Number(left - right));
      const docIds = BigUint64Array.from(values);
      const rows = new DocIdRows();
      let isOrdered = true;
      for (let row = 0; row < docIds.length; row += 1) {
        isOrdered &&= row === 0 || docIds[row - 1]! <= docIds[row]!;
        rows.added(docIds, row, isOrdered);
        for (let docId = 0n; docId < 31n; docId += 1n) {
          const expected = [...docIds.keys()].filter((at) => at <= row && docIds[at] === docId);
          assert.deepEqual(rows.rowsOf(docIds, row + 1, docId), expected);
        }
      }
    }
  });

  it('are none, one or several of a key', () => {
    const table = new Map<string, number | number[]>();
    for (const [key, row] of [
      ['a', 1],
      ['b', 2],
      ['a', 3],
      ['a', 4],
    ] as const)
      addRow(table, key, row);
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => rowsIn(table, key)),
      [[1, 3, 4], [2], []],
    );
  });
});
