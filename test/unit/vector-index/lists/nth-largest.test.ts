import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { nthLargest } from '../../../../vector-index/lists/nth-largest.js';

describe('the n-th largest score', () => {
  it('is that of the sorted scores, also where many are equal', () => {
    const random = seededRandom(1);
    for (const length of [1, 2, 3, 10, 257]) {
      for (const kinds of [1, 3, 1000]) {
        const scores = Float64Array.from({ length }, () => random.below(kinds) - 5);
        const sorted = scores.slice().sort().reverse();
        for (let n = 1; n <= length; n += 1) assert.equal(nthLargest(scores, n), sorted[n - 1]);
        assert.equal(nthLargest(scores, length + 1), -Infinity);
      }
    }
  });
});
