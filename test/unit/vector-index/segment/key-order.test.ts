import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { byList, compareKeys, rowKeyOf, rowKeysOf, rowsByKey } from '../../../../vector-index/segment/key-order.js';
import { withCoded } from '../lists/coded-files.js';
import { toyCoder, toyDocuments, toyStructure } from '../lists/fixtures.js';

describe('the order of keys', () => {
  it('is that of docId and passage in memory and in a file by lists, where every passage is found by its key', async () => {
    const shape = { dim: 4, lists: 7 };
    const documents = toyDocuments(seededRandom(1), toyStructure(shape), 200).reverse();
    await withCoded(toyCoder(shape), documents, (mutable, sealed) => {
      for (const reader of [mutable, sealed]) {
        const rows = rowsByKey(reader, reader.rowCount);
        assert.ok(rows.every((row, at) => at === 0 || compareKeys(reader, rows[at - 1]!, reader, row) < 0));
      }
      assert.ok(!sealed.isOrdered && sealed.isByList);
      for (const { docId, passage } of documents) {
        const row = sealed.rowOf(docId, passage);
        assert.deepEqual([sealed.docIds[row], sealed.passages![row]], [docId, passage]);
      }
      assert.deepEqual([sealed.rowOf(1n, 0), sealed.rowsOf(2n ** 60n)], [-1, []]);
      for (const reader of [mutable, sealed]) {
        const keys = reader.rowKeys!;
        const order = rowsByKey(reader, reader.rowCount);
        assert.ok(order.every((row, at) => at === 0 || keys[order[at - 1]!]! < keys[row]!));
        order.forEach((row) => assert.equal(keys[row], rowKeyOf(reader.docIds[row]!, reader.passages![row]!)));
      }
    });
  });

  it('takes 64 bits for all that a log comes to', () => {
    const keysOf = (docId: bigint, passage: number) =>
      rowKeysOf({ docIds: BigUint64Array.of(1n, docId), passages: Uint32Array.of(0, passage) });
    for (const [docId, passage] of [
      [1n, 8_191],
      [0xffffffffn, 7],
      [2n ** 51n - 1n, 8_191],
    ] as const) {
      assert.equal(keysOf(docId, passage)![1], rowKeyOf(docId, passage));
      assert.equal(rowKeyOf(docId, passage), docId * 8_192n + BigInt(passage));
    }
    assert.deepEqual([keysOf(2n ** 51n, 0), keysOf(1n, 8_192)], [null, null]);
    assert.deepEqual([rowKeyOf(2n ** 51n, 0), rowKeyOf(1n, 8_192)], [null, null]);
  });

  it('stays within a list', () => {
    const lists = Uint32Array.of(3, 0, 3, 1, 0);
    assert.deepEqual(byList(Uint32Array.of(4, 2, 0, 1, 3), lists), Uint32Array.of(4, 1, 3, 2, 0));
    assert.deepEqual(byList(new Uint32Array(0), lists), new Uint32Array(0));
  });
});
