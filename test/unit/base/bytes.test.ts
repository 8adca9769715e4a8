/** Columns cross as little-endian bytes: readers copy, writers share. */
import assert from 'node:assert/strict';
import {
  assertLittleEndian,
  bufferOf,
  bytesOf,
  float32From,
  uint16From,
  float64From,
  uint32From,
  uint64From,
} from '../../../base/bytes.js';

describe('columns as bytes', () => {
  const floats = Float32Array.from([0, -1.5, 3.25e7, Number.MIN_VALUE, Infinity]);

  it('come back equal from an odd offset, where a view could not be made', () => {
    const shifted = new Uint8Array(floats.byteLength + 1);
    shifted.set(bytesOf(floats), 1);
    assert.deepEqual(float32From(shifted.subarray(1), 'vector'), floats);
  });

  it('are the low byte first', () => {
    assert.deepEqual([...bytesOf(Uint32Array.of(0x04030201))], [1, 2, 3, 4]);
    assert.deepEqual(uint16From(Uint8Array.of(0x34, 0x12), 'half'), Uint16Array.of(0x1234));
    assert.deepEqual(uint32From(Uint8Array.of(1, 0, 0, 0x80), 'count'), Uint32Array.of(0x80000001));
    assert.deepEqual(float64From(Uint8Array.of(0, 0, 0, 0, 0, 0, 0xf0, 0xbf), 'slopes'), Float64Array.of(-1));
    assert.deepEqual(
      uint64From(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0x80), 'id'),
      BigUint64Array.of(0x8000000000000001n),
    );
  });

  it('are read as a copy that later changes do not reach', () => {
    const source = Uint8Array.of(1, 0, 0, 0);
    const read = uint32From(source, 'count');
    source[0] = 9;
    assert.equal(read[0], 1);
  });

  it('are written as a view of the part that the array covers', () => {
    const part = Uint16Array.of(1, 2, 3, 4).subarray(1, 3);
    assert.deepEqual([...bytesOf(part)], [2, 0, 3, 0]);
    assert.deepEqual([...bufferOf(part)], [2, 0, 3, 0]);
    part[0] = 7;
    assert.equal(bytesOf(part)[0], 7);
  });

  it('may be empty', () => assert.equal(float32From(new Uint8Array(0), 'vector').length, 0));

  it('are refused, by name, when the length does not fit the type', () => {
    const message = 'dense has 6 bytes, which is not a multiple of 4';
    assert.throws(() => float32From(new Uint8Array(6), 'dense'), { code: 'INVALID_ARGUMENT', message });
    assert.throws(() => uint16From(new Uint8Array(3), 'halves'), { code: 'INVALID_ARGUMENT' });
    assert.throws(() => uint64From(new Uint8Array(12), 'ids'), { code: 'INVALID_ARGUMENT' });
  });

  it('are written on a little-endian machine', () => assertLittleEndian());
});
