import assert from 'node:assert/strict';
import { bitsOfKind, paddedDim, queryLevels, recordBytes } from '../../../kernels/second-code/record.js';

describe('a record of the second code', () => {
  it('has a head and its bits of every dimension, rounded up to 32', () => {
    assert.deepEqual(
      [4, 5, 12, 13].map((kind) => queryLevels(33, kind)),
      [64, 128, 64, 128],
    );
    assert.deepEqual([1, 8, 9, 16].map(bitsOfKind), [1, 8, 1, 8]);
    assert.deepEqual([1, 32, 33, 384].map(paddedDim), [32, 32, 64, 384]);
    assert.deepEqual(
      [recordBytes(384, 4), recordBytes(384, 12), recordBytes(384, 1), recordBytes(33, 16), recordBytes(1, 3)],
      [198, 198, 54, 70, 18],
    );
  });
});
