import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import {
  bitmapBytes,
  clearBit,
  clearedRows,
  countBits,
  fullBitmap,
  hasBit,
  intersection,
  setBit,
  setRows,
} from '../../../vector-index/bitmap.js';

describe('a bitmap of rows', () => {
  it('is full up to its count and clear behind, at every width', () => {
    for (const count of [0, 1, 7, 8, 9, 63, 64, 65]) {
      const bits = fullBitmap(count);
      assert.equal(bits.length, bitmapBytes(count));
      assert.equal(countBits(bits, count), count);
      for (let row = count; row < bits.length * 8; row += 1) assert.equal(hasBit(bits, row), false);
    }
  });

  it('sets and clears single rows', () => {
    const bits = new Uint8Array(2);
    setBit(bits, 9);
    assert.deepEqual([hasBit(bits, 9), hasBit(bits, 8), bits[1]], [true, false, 2]);
    clearBit(bits, 9);
    assert.equal(countBits(bits, 16), 0);
  });

  it('counts and names the rows that are set, at every width and wherever it lies in memory', () => {
    const random = seededRandom(1);
    for (const count of [0, 1, 31, 32, 33, 64, 100, 1000]) {
      for (const offset of [0, 1, 4]) {
        const bits = new Uint8Array(new ArrayBuffer(bitmapBytes(count) + 8), offset, bitmapBytes(count));
        for (let byte = 0; byte < bits.length; byte += 1) bits[byte] = random.below(256);
        const expected = Array.from({ length: count }, (_, row) => row).filter((row) => hasBit(bits, row));
        assert.equal(countBits(bits, count), expected.length);
        assert.deepEqual([...setRows(bits, count, expected.length)], expected);
      }
    }
  });

  it('names the rows that were cleared between two instants', () => {
    const before = fullBitmap(20);
    const after = before.slice();
    for (const row of [0, 7, 8, 19]) clearBit(after, row);
    assert.deepEqual(clearedRows(before, after, 20), [0, 7, 8, 19]);
    assert.deepEqual(clearedRows(after, before, 20), []);
  });

  it('intersects into a new bitmap', () => {
    const left = Uint8Array.of(0b1100, 1);
    assert.deepEqual(intersection(left, Uint8Array.of(0b0110, 0), 9), Uint8Array.of(0b0100, 0));
    assert.deepEqual(left, Uint8Array.of(0b1100, 1));
  });

  it('intersects at every width and wherever bitmaps lie in memory', () => {
    const random = seededRandom(2);
    for (const count of [0, 1, 31, 32, 33, 100, 1000]) {
      for (const offset of [0, 1, 4]) {
        const [left, right] = [0, 0].map(() => new Uint8Array(bitmapBytes(count)).map(() => random.below(256)));
        const expected = left!.map((byte, at) => byte & right![at]!);
        const moved = new Uint8Array(new ArrayBuffer(bitmapBytes(count) + 8), offset, bitmapBytes(count));
        moved.set(left!);
        assert.deepEqual(intersection(moved, right!, count), expected);
      }
    }
  });
});
