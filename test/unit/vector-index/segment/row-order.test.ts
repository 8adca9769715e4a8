import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { seededRandom } from '../../../../base/random.js';
import { Slices } from '../../../../vector-index/maintenance/slices.js';
import { droppedRow, mergedOrder } from '../../../../vector-index/segment/row-order.js';
import { mutableOf, randomDocument, weakHash } from '../fixtures.js';

describe('the order of merged rows', () => {
  it('is that of the docIds, without dead rows and rows that came later', async () => {
    const random = seededRandom(1);
    const segment = (...docIds: bigint[]): ReturnType<typeof mutableOf> =>
      mutableOf(
        docIds.map((docId) => randomDocument(random, String(docId), docId)),
        weakHash,
      );
    const sources = [
      { reader: segment(30n, 10n, 50n), rowCount: 3, live: null },
      { reader: segment(20n, 40n, 60n, 70n), rowCount: 3, live: Uint8Array.of(0b101) },
    ];
    const order = await mergedOrder(sources, new Slices(systemClock));
    const docIds = Array.from(order.rowOf, (row, at) => sources[order.sourceOf[at]!]!.reader.docIds[row]!);
    assert.deepEqual(docIds, [10n, 20n, 30n, 50n, 60n]);
    assert.deepEqual(
      order.newRows.map((rows) => [...rows]),
      [
        [2, 0, 3],
        [1, droppedRow, 4],
      ],
    );
  });
});
