import assert from 'node:assert/strict';
import fc from 'fast-check';
import { before, describe, it } from 'mocha';
import { RoaringBitmap32, roaringLibraryInitialize } from 'roaring-wasm';
import { bitmapBytes, hasBit } from '../../../../vector-index/bitmap.js';
import { serializeRows, unionInto } from '../../../../vector-index/filter/roaring.js';

const run = { seed: 23, numRuns: 60 };
const rowCount = 200_000;

/** Stretches of rows, so that chunks are empty, sparse, full and on either side of 4,096 rows. */
const rowsArbitrary = fc
  .array(fc.tuple(fc.nat(rowCount - 1), fc.nat(9_000), fc.integer({ min: 1, max: 40 })), { maxLength: 6 })
  .map((stretches) => {
    const rows = stretches.flatMap(([from, length, step]) =>
      Array.from({ length: Math.ceil(length / step) }, (_, at) => from + at * step).filter((row) => row < rowCount),
    );
    return Uint32Array.from(new Set(rows)).sort();
  });

function rowsOf(bits: Uint8Array): number[] {
  const rows: number[] = [];
  for (let row = 0; row < bits.length * 8; row += 1) if (hasBit(bits, row)) rows.push(row);
  return rows;
}

describe('roaring sets of rows', () => {
  before(() => roaringLibraryInitialize());

  it('come back as bits', () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        const bits = new Uint8Array(bitmapBytes(rowCount));
        unionInto(bits, serializeRows(rows), 0);
        assert.deepEqual(rowsOf(bits), [...rows]);
      }),
      run,
    );
  });

  it('are byte for byte what the reference library writes', () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        const theirs = new RoaringBitmap32(rows);
        try {
          assert.deepEqual(Buffer.from(serializeRows(rows)), Buffer.from(theirs.serialize('portable')));
        } finally {
          theirs.dispose();
        }
      }),
      run,
    );
  });

  it('join what is there already, from any even place', () => {
    const bits = new Uint8Array(16);
    bits[0] = 1;
    const bytes = new Uint8Array(100);
    bytes.set(serializeRows(Uint32Array.of(3, 100)), 6);
    unionInto(bits, bytes, 6);
    assert.deepEqual(rowsOf(bits), [0, 3, 100]);
  });

  it('leave out rows for which there is no room', () => {
    for (const rows of [Uint32Array.of(5, 90, 70_000), Uint32Array.from({ length: 70_000 }, (_, row) => row)]) {
      const bits = new Uint8Array(4);
      unionInto(bits, serializeRows(rows), 0);
      assert.deepEqual(
        rowsOf(bits),
        [...rows].filter((row) => row < 32),
      );
    }
  });

  it('may be empty, or hold exactly 4,096 or 65,536 rows of a chunk', () => {
    for (const count of [0, 4096, 4097, 65_536, 65_537]) {
      const rows = Uint32Array.from({ length: count }, (_, row) => row);
      const bits = new Uint8Array(bitmapBytes(rowCount));
      unionInto(bits, serializeRows(rows), 0);
      assert.deepEqual(rowsOf(bits), [...rows]);
    }
  });
});
