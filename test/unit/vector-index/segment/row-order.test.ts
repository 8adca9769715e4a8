import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { seededRandom } from '../../../../base/random.js';
import { Slices } from '../../../../vector-index/maintenance/slices.js';
import { droppedRow, eachRun, mergedOrder } from '../../../../vector-index/segment/row-order.js';
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

  it('can be walked in runs of rows that lie together, none of them long', async () => {
    const random = seededRandom(2);
    const segment = (docIds: readonly bigint[]): ReturnType<typeof mutableOf> =>
      mutableOf(
        docIds.map((docId) => randomDocument(random, String(docId), docId)),
        weakHash,
      );
    const many = Array.from({ length: 300 }, (_, i) => BigInt(i + 10));
    const sources = [
      { reader: segment(many), rowCount: 300, live: null },
      { reader: segment([1n, 400n, 401n]), rowCount: 3, live: null },
    ];
    const order = await mergedOrder(sources, new Slices(systemClock));
    const runs: { docIds: bigint[]; count: number }[] = [];
    await eachRun({ pause: () => Promise.resolve() }, order, ({ reader, row, count }) => {
      runs.push({ docIds: [...reader.docIds.subarray(row, row + count)], count });
    });
    assert.deepEqual(
      runs.flatMap(({ docIds }) => docIds),
      [1n, ...many, 400n, 401n],
    );
    assert.ok(runs.length <= 6 && runs.every(({ count }) => count <= 128));
  });
});
