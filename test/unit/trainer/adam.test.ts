import assert from 'node:assert/strict';
import { Adam } from '../../../trainer/adam.js';

describe('Adam', () => {
  it('takes a first step of the rate against the sign of each slope, whatever its size', () => {
    const values = Float64Array.of(1, 1, 1);
    new Adam(3).step(values, Float64Array.of(1e-3, -50, 0), 0.1);
    assert.ok(Math.abs(values[0]! - 0.9) < 1e-5 && Math.abs(values[1]! - 1.1) < 1e-8);
    assert.equal(values[2], 1);
    const halves = Float32Array.of(1, 1);
    new Adam(2).step(halves, Float32Array.of(100, -0.01), 0.1);
    assert.ok(Math.abs(halves[0]! - 0.9) < 1e-4 && Math.abs(halves[1]! - 1.1) < 1e-4);
  });

  it('takes the second step that the formulas say', () => {
    const values = Float64Array.of(0);
    const adam = new Adam(1);
    adam.step(values, Float64Array.of(1), 0.1);
    adam.step(values, Float64Array.of(3), 0.1);
    const mean = (0.9 * 0.1 * 1 + 0.1 * 3) / (1 - 0.9 ** 2);
    const square = (0.999 * 0.001 * 1 + 0.001 * 9) / (1 - 0.999 ** 2);
    assert.ok(Math.abs(values[0]! - (-0.1 - (0.1 * mean) / Math.sqrt(square))) < 1e-7);
  });

  it('goes on from its state as if it had not been stopped', () => {
    const [values, slopes] = [Float64Array.of(1, 2), Float64Array.of(0.3, -4)];
    const adam = new Adam(2);
    adam.step(values, slopes, 0.1);
    const [state, copy] = [adam.state(), values.slice()];
    adam.step(values, slopes, 0.1);
    const other = new Adam(2);
    other.restore(state);
    other.step(copy, slopes, 0.1);
    assert.deepEqual(copy, values);
  });

  it('finds the bottom of a bowl', () => {
    const values = Float64Array.of(3, -2);
    const adam = new Adam(2);
    for (let step = 0; step < 400; step++) {
      adam.step(values, Float64Array.of(2 * values[0]!, 20 * values[1]!), 0.05 * (1 - step / 400));
    }
    assert.ok(
      values.every((value) => Math.abs(value) < 1e-2),
      String(values),
    );
  });
});
