import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { bitmapBytes, hasBit } from '../../../../vector-index/bitmap.js';
import { filterBitmap } from '../../../../vector-index/filter/filter-bitmap.js';
import { FilterCache } from '../../../../vector-index/filter/filter-cache.js';
import type { RowFilter } from '../../../../vector-index/filter/row-filter.js';
import { rowPasses } from '../../../../vector-index/filter/row-passes.js';
import type { AttributeColumn } from '../../../../vector-index/segment/segment-reader.js';
import {
  attributesArbitrary,
  filterArbitrary,
  meaning,
  mutableColumns,
  sealedColumns,
  unindexedColumns,
  type Attributes,
} from './fixtures.js';

const run = { seed: 17, numRuns: 150 };
const rowsArbitrary = fc.array(attributesArbitrary, { minLength: 1, maxLength: 80 });
const filtersArbitrary = fc.array(filterArbitrary, { minLength: 8, maxLength: 8 });

/** The rows that pass, as numbers; checks that a bitmap has the right size and no bits past the rows. */
function passing(
  attributes: readonly AttributeColumn[],
  rowCount: number,
  filter: RowFilter,
  filters: FilterCache | null = null,
): number[] {
  const bits = filterBitmap({ attributes, filters }, rowCount, filter);
  const all = Array.from({ length: rowCount }, (_, row) => row);
  if (bits === null) return all;
  assert.equal(bits.length, bitmapBytes(rowCount));
  if (rowCount % 8 !== 0) assert.equal(bits.at(-1)! >>> (rowCount % 8), 0);
  const rows = all.filter((row) => hasBit(bits, row));
  if (rowCount > 0) assert.ok(rows.length < rowCount, 'all rows are null');
  return rows;
}

function expected(rows: readonly Attributes[], filter: RowFilter): number[] {
  return [...rows.keys()].filter((row) => meaning(rows[row]!, filter));
}

describe('the rows that pass a filter', () => {
  it('are in memory what the filter means, for any pinned row count', () => {
    fc.assert(
      fc.property(rowsArbitrary, filtersArbitrary, fc.nat(80), (rows, filters, pinned) => {
        const columns = mutableColumns(rows);
        const rowCount = Math.min(pinned, rows.length);
        for (const filter of filters) {
          assert.deepEqual(passing(columns, rowCount, filter), expected(rows.slice(0, rowCount), filter));
        }
      }),
      run,
    );
  });

  it('are in a file what the filter means, the first and the second time', async () => {
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, filtersArbitrary, async (rows, filters) => {
        const columns = await sealedColumns(rows);
        const cache = new FilterCache();
        for (const filter of [...filters, ...filters]) {
          assert.deepEqual(passing(columns, rows.length, filter, cache), expected(rows, filter));
        }
      }),
      run,
    );
  });

  it('are the same in a file from before there were indexes', async () => {
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, filtersArbitrary, async (rows, filters) => {
        const columns = await unindexedColumns(rows);
        for (const filter of filters) assert.deepEqual(passing(columns, rows.length, filter), expected(rows, filter));
      }),
      { ...run, numRuns: 50 },
    );
  });

  it('are the same one by one', () => {
    fc.assert(
      fc.property(rowsArbitrary, filtersArbitrary, (rows, filters) => {
        const columns = mutableColumns(rows);
        for (const filter of filters) {
          const passed = [...rows.keys()].filter((row) => rowPasses(columns, row, filter));
          assert.deepEqual(passed, expected(rows, filter));
        }
      }),
      run,
    );
  });

  it('are found where sets of many rows stand for each value', async () => {
    const rows = Array.from({ length: 70_000 }, (_, row): Attributes =>
      row % 7 === 0 ? {} : { a: BigInt(row % 5), b: row % 3 === 0 },
    );
    const columns = await sealedColumns(rows);
    const compare = { kind: 'compare', attribute: 'a', type: 'int64', isList: false } as const;
    const filters: readonly RowFilter[] = [
      { ...compare, comparator: 'equal', values: [3n] },
      { ...compare, comparator: 'notEqual', values: [3n] },
      { ...compare, comparator: 'greaterEqual', values: [2n] },
      { ...compare, attribute: 'b', type: 'bool', comparator: 'equal', values: [true] },
      { kind: 'not', of: { kind: 'has', attribute: 'a' } },
    ];
    for (const filter of filters) assert.deepEqual(passing(columns, rows.length, filter), expected(rows, filter));
  });

  it('are none, or all, of no rows', () => {
    assert.equal(filterBitmap({ attributes: [], filters: null }, 0, { kind: 'constant', value: true }), null);
    assert.equal(filterBitmap({ attributes: [], filters: null }, 0, { kind: 'constant', value: false })?.length, 0);
  });
});
