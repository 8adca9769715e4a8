import assert from 'node:assert/strict';
import { paddedDim, queryLevels, recordBytes } from '../../../kernels/second-code/record.js';

describe('a record of the second code', () => {
  it('has a head and its bits of every dimension, rounded up to 32', () => {
    assert.deepEqual([queryLevels(33, 4), queryLevels(33, 5)], [64, 128]);
    assert.deepEqual([1, 32, 33, 384].map(paddedDim), [32, 32, 64, 384]);
    assert.deepEqual(
      [recordBytes(384, 4), recordBytes(384, 1), recordBytes(33, 8), recordBytes(1, 3)],
      [198, 54, 70, 18],
    );
  });
});
