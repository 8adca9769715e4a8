import assert from 'node:assert/strict';
import { float16Rows, float32Rows } from '../../../../vector-index/codebook/float16-rows.js';

describe('uncoded token rows', () => {
  it('take two bytes a number, little-endian', () => {
    assert.deepEqual([...float16Rows(Float32Array.of(1, -2))], [0x00, 0x3c, 0x00, 0xc0]);
  });

  it('come back as they were where float16 holds them', () => {
    const rows = Float32Array.of(0, -0, 0.5, -2, 65_504, 2 ** -24);
    assert.deepEqual(float32Rows(float16Rows(rows)), rows);
    assert.equal(float32Rows(float16Rows(new Float32Array(0))).length, 0);
  });

  it('of another size than whole numbers are refused', () => {
    assert.throws(() => float32Rows(Uint8Array.of(1, 2, 3)), {
      code: 'INVALID_ARGUMENT',
      message: /float16 token rows has 3 bytes/,
    });
  });
});
