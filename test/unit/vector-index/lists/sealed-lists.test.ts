import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { seededRandom } from '../../../../base/random.js';
import { SealedLists } from '../../../../vector-index/lists/sealed-lists.js';
import { ColumnFile } from '../../../../vector-index/segment/column-file.js';
import { withCoded } from './coded-files.js';
import { toyCoder, toyDocuments, toyStructure } from './fixtures.js';

const shape = { dim: 8, lists: 12 };
const coder = toyCoder(shape);
const documents = toyDocuments(seededRandom(1), toyStructure(shape), 500);

describe('the lists of a sealed segment', () => {
  it('have the codes that their rows had in memory', async () => {
    await withCoded(coder, documents, (mutable, sealed) => {
      const lists = sealed.coding!;
      for (let row = 0; row < sealed.rowCount; row += 1) {
        const before = Uint32Array.of(mutable.rowOf(sealed.docIds[row]!, sealed.passages![row]!));
        const rows = Uint32Array.of(row);
        const [one, other] = [0, 1].map(() => ({ codes: new Uint8Array(2), factors: new Int16Array(2) }));
        lists.read(sealed.lists[row]!, rows, one!);
        mutable.coding!.read(0, before, other!);
        assert.deepEqual(one, other);
        assert.deepEqual(lists.readSecond(0, rows), mutable.coding!.readSecond(0, before));
      }
    });
  });

  it('are all of the structure, in the order of their numbers, and begin at multiples of 64 bytes', async () => {
    await withCoded(coder, documents, (_, sealed) => {
      const lists = sealed.coding!;
      assert.deepEqual([...lists.numbers], [...new Set(sealed.lists)]);
      const all = lists.all(15);
      assert.equal(lists.all(15), all);
      for (let list = 0, before = 0; list < 15; list += 1) {
        const rows = [...sealed.lists.keys()].filter((row) => sealed.lists[row] === list);
        assert.deepEqual([all.counts[list], all.firsts[list]], [rows.length, rows[0] ?? before]);
        before += rows.length;
        assert.equal(all.offsets[list]! % 64n, 0n);
      }
      assert.equal(all.codes.byteOffset % 64, 0);
    });
  });

  it('are refused when their columns do not fit each other', async () => {
    await withCoded(coder, documents, async (_, __, path) => {
      const file = new ColumnFile(path, new Uint8Array(await readFile(path)));
      const wrong = { structureVersion: 1, subquantizers: 40, dsub: 4, hasCopies: false };
      assert.throws(() => new SealedLists(file, path, wrong), { code: 'DATA_LOSS' });
    });
  });
});
