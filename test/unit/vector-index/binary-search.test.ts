import assert from 'node:assert/strict';
import { firstAt, firstAtLeast, positionOf } from '../../../vector-index/binary-search.js';

describe('a binary search', () => {
  it('finds every value, and none that is absent', () => {
    for (let size = 0; size < 20; size += 1) {
      const values = Uint32Array.from({ length: size }, (_, at) => 2 * at + 1);
      for (let value = 0; value <= 2 * size + 1; value += 1) {
        assert.equal(positionOf(values, value), values.indexOf(value));
        assert.equal(firstAtLeast(values, value), value >>> 1);
      }
    }
  });

  it('finds the first of equal values, and looks at no more than it shall', () => {
    assert.equal(firstAtLeast(Uint32Array.of(1, 4, 4, 4, 5), 4), 1);
    assert.equal(firstAtLeast(Uint32Array.of(1, 4, 6, 0, 0), 5, 3), 2);
    assert.equal(firstAtLeast(Uint32Array.of(1, 4, 6, 9, 9), 9, 3), 3);
  });

  it('finds the largest value that there can be', () => {
    const values = Uint32Array.of(7, 0xffffffff);
    assert.equal(positionOf(values, 0xffffffff), 1);
    assert.equal(firstAtLeast(values, 0x100000000), 2);
  });

  it('finds where a condition begins to hold', () => {
    for (let count = 0; count < 12; count += 1)
      for (let first = 0; first <= count; first += 1) assert.equal(firstAt(count, (at) => at >= first), first); // prettier-ignore
  });
});
