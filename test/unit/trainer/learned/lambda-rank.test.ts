import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { lambdaRank } from '../../../../trainer/learned/lambda-rank.js';
import { differences, largestGap } from './differences.js';

const width = 6;
const random = seededRandom(2);
const scores = Float64Array.from({ length: 3 * width }, () => random.normal());
const labels = Float64Array.from({ length: 3 * width }, (_, at) => (at % 5 === 0 ? 1 : 0)).fill(-Infinity, 16);

describe('the loss of LambdaRank', () => {
  it('has the gradient of finite differences', () => {
    for (const [scale, cut] of [
      [1, 200],
      [20, 3],
    ] as const) {
      const gradient = new Float64Array(scores.length);
      lambdaRank({ scores, labels, width }, { scale, cut }, gradient);
      const loss = () => lambdaRank({ scores, labels, width }, { scale, cut }, new Float64Array(scores.length));
      // Ranks are constants of the gradient, and do not change within the differences.
      assert.ok(largestGap(gradient, differences(scores, loss, 1e-6)) < 1e-6);
    }
  });

  it('pulls what is relevant up, and gives nothing to queries without a pair or ranks beyond the cut', () => {
    const one = (values: readonly number[], relevance: readonly number[], cut = 200): number[] => {
      const gradient = new Float64Array(values.length).fill(9);
      const batch = { scores: Float64Array.from(values), labels: Float64Array.from(relevance), width: values.length };
      lambdaRank(batch, { scale: 1, cut }, gradient);
      return [...gradient];
    };
    const [first, second] = one([2, 1], [0, 1]);
    assert.ok(first! > 0 && second === -first!);
    assert.deepEqual(one([2, 1], [0, 0]), [0, 0]);
    assert.deepEqual(one([2, 1], [1, 1]), [0, 0]);
    assert.deepEqual(one([3, 2, 1], [0, 1, -Infinity], 0), [0, 0, 0]);
  });

  it('does not overflow', () => {
    const gradient = new Float64Array(2);
    const batch = { scores: Float64Array.of(1e4, -1e4), labels: Float64Array.of(0, 1), width: 2 };
    assert.equal(lambdaRank(batch, { scale: 1, cut: 10 }, gradient), 1e4);
    assert.deepEqual([...gradient], [0.5, -0.5]);
  });
});
