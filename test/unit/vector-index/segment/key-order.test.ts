import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { byList, compareKeys, rowsByKey } from '../../../../vector-index/segment/key-order.js';
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
      const ranks = sealed.keyRanks!;
      assert.ok(sealed.keyOrder!.every((row, at) => ranks[row] === BigInt(at)));
    });
  });

  it('stays within a list', () => {
    const lists = Uint32Array.of(3, 0, 3, 1, 0);
    assert.deepEqual(byList(Uint32Array.of(4, 2, 0, 1, 3), lists), Uint32Array.of(4, 1, 3, 2, 0));
    assert.deepEqual(byList(new Uint32Array(0), lists), new Uint32Array(0));
  });
});
