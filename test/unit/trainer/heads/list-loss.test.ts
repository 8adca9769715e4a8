import assert from 'node:assert/strict';
import { listLoss } from '../../../../trainer/heads/list-loss.js';
import { softmax } from '../../../../trainer/softmax.js';

const temperature = 0.1;

describe('the loss of an order', () => {
  it('is the teacher’s entropy where scores are the teacher’s', () => {
    const scores = [0.3, 0.1, -0.2];
    const { shares } = softmax(scores, temperature);
    const { loss, slopes } = listLoss(scores, shares, temperature);
    const entropy = shares.reduce((sum, share) => sum - share * Math.log(share), 0);
    assert.ok(Math.abs(loss - entropy) < 1e-12);
    assert.ok(slopes.every((slope) => Math.abs(slope) < 1e-12));
  });

  it('does not overflow where a document is hopeless', () => {
    const { loss, slopes } = listLoss([1, -1], Float64Array.of(0, 1), 1e-3);
    assert.ok(Math.abs(loss - 2_000) < 1e-6);
    assert.deepEqual([...slopes], [1_000, -1_000]);
  });

  it('has the slopes of finite differences', () => {
    const shares = Float64Array.of(0.2, 0.7, 0.1);
    const scores = [0.05, 0.1, -0.02];
    const { slopes } = listLoss(scores, shares, temperature);
    scores.forEach((_, d) => {
      const lossAt = (by: number): number =>
        listLoss(
          scores.map((score, i) => (i === d ? score + by : score)),
          shares,
          temperature,
        ).loss;
      assert.ok(Math.abs((lossAt(1e-5) - lossAt(-1e-5)) / 2e-5 - slopes[d]!) < 1e-6);
    });
  });
});
