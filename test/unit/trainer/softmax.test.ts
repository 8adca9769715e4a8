import assert from 'node:assert/strict';
import { softmax } from '../../../trainer/softmax.js';

describe('softmax', () => {
  it('gives shares in the ratios of the exponentials, and their logarithms', () => {
    const { shares, logs } = softmax([0, Math.log(3)]);
    assert.ok(Math.abs(shares[0]! - 0.25) < 1e-12 && Math.abs(shares[1]! - 0.75) < 1e-12);
    shares.forEach((share, i) => assert.ok(Math.abs(Math.log(share) - logs[i]!) < 1e-12));
  });

  it('is sharper the lower the temperature is', () => {
    const of = (temperature: number): number => softmax([1, 2], temperature).shares[1]!;
    assert.ok(of(0.5) > of(1) && of(1) > of(4));
    assert.equal(of(0.5), softmax([2, 4]).shares[1]!);
  });

  it('takes scores of any size', () => {
    const { shares, logs } = softmax([-1e6, 1e6], 0.5);
    assert.deepEqual([...shares], [0, 1]);
    assert.deepEqual([...logs], [-4e6, 0]);
  });
});
