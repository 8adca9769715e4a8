import assert from 'node:assert/strict';
import { Adam } from '../../../../trainer/heads/adam.js';

describe('Adam', () => {
  it('takes first steps as long as the rate, whatever the size of the gradient', () => {
    const parameters = [Float32Array.of(1, 1), Float32Array.of(1)];
    new Adam(parameters).step([Float32Array.of(100, -0.01), Float32Array.of(3)], [0.1, 0]);
    assert.ok(Math.abs(parameters[0]![0]! - 0.9) < 1e-4);
    assert.ok(Math.abs(parameters[0]![1]! - 1.1) < 1e-4);
    assert.equal(parameters[1]![0], 1);
  });

  it('finds the bottom of a bowl', () => {
    const parameters = [Float32Array.of(3, -2)];
    const adam = new Adam(parameters);
    for (let step = 0; step < 400; step++) {
      const [x, y] = parameters[0]!;
      adam.step([Float32Array.of(2 * (x! - 1), 20 * (y! - 1))], [0.1 * (1 - step / 400)]);
    }
    parameters[0]!.forEach((value) => assert.ok(Math.abs(value - 1) < 0.01, String(value)));
  });

  it('refuses a gradient that is not finite and moves nothing', () => {
    const parameters = [Float32Array.of(1, 2)];
    const adam = new Adam(parameters);
    assert.throws(() => adam.step([Float32Array.of(1, Number.NaN)], [0.1]), { code: 'DATA_LOSS' });
    assert.deepEqual([...parameters[0]!], [1, 2]);
  });
});
