import assert from 'node:assert/strict';
import { rowWeights, rowWeightsGradient, unitBias } from '../../../../trainer/heads/row-weights.js';

describe('weights of rows', () => {
  it('are 1 without a feature', () => {
    assert.ok(Math.abs(rowWeights(Float32Array.of(3, 4), Float32Array.of(0, 0, unitBias))[0]! - 1) < 1e-6);
  });

  it('have the gradient of finite differences', () => {
    const rows = Float32Array.of(1, -2, 0.5, 3);
    const weights = Float32Array.of(0.25, -0.5, 0.75);
    const slopes = Float64Array.of(2, -1);
    const lossAt = (at: Float32Array): number =>
      rowWeights(rows, at).reduce((sum, weight, i) => sum + slopes[i]! * weight, 0);
    const gradient = rowWeightsGradient(rows, rowWeights(rows, weights), slopes);
    weights.forEach((value, i) => {
      const step = 2 ** -10;
      const slope = (lossAt(weights.with(i, value + step)) - lossAt(weights.with(i, value - step))) / (2 * step);
      assert.ok(Math.abs(slope - gradient[i]!) < 1e-5, `${slope}, not ${gradient[i]}`);
    });
  });
});
