import assert from 'node:assert/strict';
import { alignedBytes } from '../../../kernels/aligned-bytes.js';
import { nativeKernels } from '../../../kernels/native.js';

describe('aligned bytes', () => {
  it('are zeros, as many as were asked for, and begin a cache line', () => {
    for (const length of [0, 1, 63, 64, 65, 100_000]) {
      const bytes = alignedBytes(length);
      assert.equal(bytes.length, length);
      assert.ok(bytes.every((byte) => byte === 0));
      assert.equal((nativeKernels().bytesPastLine(bytes.buffer) + bytes.byteOffset) % 64, 0);
    }
  });
});
