import assert from 'node:assert/strict';
import { covariance } from '../../../trainer/covariance.js';

describe('the covariance of rows', () => {
  it('is symmetric, and the mean of their squares and products', () => {
    assert.deepEqual(covariance(Float32Array.of(1, 2, 3, -4), 2), Float64Array.of(5, -5, -5, 10));
  });

  it('is that of rows less their mean, where one is given', () => {
    const rows = Float32Array.of(2, 1, 4, -5);
    assert.deepEqual(covariance(rows, 2, { mean: Float64Array.of(3, -2) }), Float64Array.of(1, -3, -3, 9));
  });

  it('stops when it is told to', () => {
    const signal = AbortSignal.abort();
    assert.throws(() => covariance(Float32Array.of(1, 2), 2, { signal }), { code: 'CANCELLED' });
  });
});
