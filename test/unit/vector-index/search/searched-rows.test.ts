import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { hasBit } from '../../../../vector-index/bitmap.js';
import type { RowFilter } from '../../../../vector-index/filter/row-filter.js';
import { searchedRows } from '../../../../vector-index/search/searched-rows.js';
import { passing } from '../../../../vector-index/search/selection.js';
import { hasDense } from '../../../../vector-index/segment/segment-reader.js';
import { withCoded } from '../lists/coded-files.js';
import { toyCoder, toyDocuments, toyStructure } from '../lists/fixtures.js';

const shape = { dim: 8, lists: 12 };
const copied = { ...shape, hasCopies: true };
const documents = toyDocuments(seededRandom(1), toyStructure(shape), 400);
const isEven: RowFilter = {
  ...{ kind: 'compare', attribute: 'year', type: 'int64', isList: false, comparator: 'in' },
  values: Array.from({ length: 50 }, (_, i) => BigInt(2 * i)),
};

describe('the rows that a search of lists looks at', () => {
  for (const of of [shape, copied]) itFinds(of);
});

function itFinds(of: typeof shape | typeof copied): void {
  const perRow = of === copied ? 2 : 1;
  it(`live, pass the filter, have a vector and lie in the lists, in memory and in a file, each in ${perRow}`, async () => {
    await withCoded(toyCoder(of), documents, (mutable, sealed) => {
      for (const reader of [mutable, sealed]) {
        const rowCount = reader === mutable ? 300 : reader.rowCount;
        const dead = new Uint8Array((rowCount + 7) >>> 3).fill(0b11011111);
        for (const live of [null, dead]) {
          for (const filter of [null, isEven]) {
            for (const lists of [Uint32Array.of(7, 2), Uint32Array.from({ length: 12 }, (_, list) => list)]) {
              const room = reader === mutable ? reader.docIds.length : reader.rowCount;
              const wanted = { lists, count: 12 };
              const found = passing({ reader, rowCount, live }, filter);
              const rows = searchedRows({ reader, rowCount, live }, { wanted, passing: found, room });
              const counts = (row: number): boolean =>
                (live === null || hasBit(live, row)) &&
                (filter === null || Number(reader.document(row).attributes['year'] ?? 1n) % 2 === 0) &&
                hasDense(reader, row);
              const all = [...Array(rowCount).keys()].filter(counts);
              const seconds = reader.coding!.copies?.lists();
              const isSecond = (row: number): boolean => seconds !== undefined && lists.includes(seconds[row]!);
              const expected = all.filter((row) => lists.includes(reader.lists[row]!) || isSecond(row));
              const sorted = [...rows.upTo(rowCount)!].sort((a, b) => a - b);
              assert.deepEqual(sorted, expected);
              assert.equal(rows.upTo(expected.length)?.length, expected.length);
              assert.equal(rows.upTo(expected.length - 1), null);
              const inLists = [...reader.lists.subarray(0, rowCount)].filter((list) => lists.includes(list)).length;
              const copies = [...Array(rowCount).keys()].filter(isSecond).length;
              if (reader === sealed) assert.equal(rows.vectors, inLists + copies);
              else assert.equal(rows.vectors, Math.ceil((perRow * 300 * lists.length) / 12));
              if (rows.bits === null) assert.equal(all.length, rowCount);
              for (let row = 0; rows.bits !== null && row < 8 * rows.bits.length; row += 1)
                assert.equal(hasBit(rows.bits, row), row < rowCount && counts(row));
            }
          }
        }
      }
    });
  });
}
