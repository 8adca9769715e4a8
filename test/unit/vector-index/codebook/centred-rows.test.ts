import assert from 'node:assert/strict';
import { centreRows, meanFrom } from '../../../../vector-index/codebook/centred-rows.js';

describe('centred rows', () => {
  it('are the mean, and what rows have beyond it as lengths and directions', () => {
    const rows = Float32Array.of(1, 3, 2, 5, 4, 3, 2, 1, 1, 0, 2, 0);
    const { mean, directions, lengths } = centreRows(rows, 4);
    const kept = meanFrom(mean);
    for (const value of kept) assert.ok(Math.abs(value - 2) < 0.01);
    rows.forEach((value, i) => {
      assert.ok(Math.abs(kept[i % 4]! + directions[i]! * lengths[i >> 2]! - value) < 1e-6);
    });
    for (const at of [0, 4, 8]) assert.ok(Math.abs(Math.hypot(...directions.subarray(at, at + 4)) - 1) < 1e-6);
  });

  it('have no direction where they are the mean as it is kept', () => {
    const row = Float32Array.of(127, -5, 0, 64).map((level) => level / 128);
    const { mean, directions, lengths } = centreRows(Float32Array.of(...row, ...row), 4);
    assert.deepEqual(meanFrom(mean), row);
    assert.deepEqual([...directions, ...lengths], Array<number>(10).fill(0));
  });

  it('have zeros for the mean of zeros, at any address', () => {
    const { mean } = centreRows(new Float32Array(4), 4);
    const moved = new Uint8Array(mean.length + 1);
    moved.set(mean, 1);
    assert.deepEqual([...meanFrom(moved.subarray(1))], [0, 0, 0, 0]);
  });
});
