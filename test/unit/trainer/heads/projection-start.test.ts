import assert from 'node:assert/strict';
import { projectionStart } from '../../../../trainer/heads/projection-start.js';

const axes = {
  mean: Float64Array.of(1, 2, 3),
  variances: Float64Array.of(16, 1, 0.5),
  axes: Float64Array.of(0, 1, 0, 1, 0, 0, 0, 0, 1),
};

describe('the start of a projection', () => {
  it('keeps the leading axes around the mean, at a mean square length of 1', () => {
    const { matrix, offset } = projectionStart(axes, 2, 0);
    const unit = 1 / Math.sqrt(17);
    [0, 1, 1, 0, 0, 0].forEach((value, i) => assert.ok(Math.abs(matrix[i]! - value * unit) < 1e-6));
    [2, 1].forEach((value, i) => assert.ok(Math.abs(offset[i]! - value * unit) < 1e-6));
  });

  it('divides each axis by the power of its variance that is asked for', () => {
    const { matrix } = projectionStart(axes, 2, 0.25);
    assert.ok(Math.abs(matrix[1]! / matrix[2]! - 2) < 1e-6, 'an axis of 16 times the variance is halved');
  });
});
