import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { seededRandom } from '../../../../base/random.js';
import { noList } from '../../../../vector-index/lists/row-coding.js';
import { SealedCopies } from '../../../../vector-index/lists/sealed-copies.js';
import { ColumnFile } from '../../../../vector-index/segment/column-file.js';
import { withCoded } from './coded-files.js';
import { toyCoder, toyDocuments, toyStructure } from './fixtures.js';

const shape = { dim: 8, lists: 12, hasCopies: true };
const coder = toyCoder(shape);
const documents = toyDocuments(seededRandom(1), toyStructure(shape), 500);

describe('the second lists of a sealed segment', () => {
  it('and their codes are those that its rows had in memory', async () => {
    await withCoded(coder, documents, (mutable, sealed) => {
      const copies = sealed.coding!.copies!;
      const lists = copies.lists();
      const before = mutable.coding!.copies!;
      let count = 0;
      for (let row = 0; row < sealed.rowCount; row += 1) {
        const old = mutable.rowOf(sealed.docIds[row]!, sealed.passages![row]!);
        assert.equal(lists[row], before.lists()[old]);
        if (lists[row] === noList) continue;
        count += 1;
        assert.notEqual(lists[row], sealed.coding!.listOf(row));
        const [one, other] = [0, 1].map(() => ({ codes: new Uint8Array(2), factors: new Int16Array(2) }));
        copies.read(lists[row]!, Uint32Array.of(row), one!);
        before.read(0, Uint32Array.of(old), other!);
        assert.deepEqual(one, other);
      }
      assert.equal(copies.rows.length, count);
      assert.ok(count > 400);
    });
  });

  it('have the rows of each in their order', async () => {
    await withCoded(coder, documents, (_, sealed) => {
      const copies = sealed.coding!.copies!;
      const lists = copies.lists();
      const { counts, firsts } = copies.all(12);
      counts.forEach((count, list) => {
        const rows = [...lists.keys()].filter((row) => lists[row] === list);
        assert.deepEqual([...copies.rows.subarray(firsts[list], firsts[list]! + count)], rows);
        assert.deepEqual([...copies.rowsOf(list)], rows);
      });
      assert.equal(copies.rowsOf(12).length, 0);
    });
  });

  it('are none where no row has a vector, or there is one list', async () => {
    const bare = documents.map((document) => ({ ...document, dense: null }));
    const alone = toyCoder({ ...shape, lists: 1 });
    for (const [of, rows] of [
      [coder, bare],
      [alone, documents],
    ] as const) {
      await withCoded(of, rows, (_, sealed) => {
        assert.equal(sealed.coding!.hasCopies, true);
        assert.equal(sealed.coding!.copies!.rows.length, 0);
        assert.deepEqual([...new Set(sealed.coding!.copies!.lists())], [noList]);
      });
    }
  });

  it('are refused when their columns do not fit each other', async () => {
    await withCoded(coder, documents, async (_, __, path) => {
      const file = new ColumnFile(path, new Uint8Array(await readFile(path)));
      const without = {
        layout: file.layout,
        u32: (name: string) => file.u32(name),
        u8: (name: string) => file.u8(name),
      };
      const cut = { ...without, u64: () => new BigUint64Array(1) } as unknown as ColumnFile;
      assert.throws(() => new SealedCopies(cut, path, coder.subquantizers), { code: 'DATA_LOSS' });
    });
  });
});
