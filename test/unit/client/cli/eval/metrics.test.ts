import assert from 'node:assert/strict';
import { mrrAt10, ndcgAt10, percentile, qualityOf, recallAt100 } from '../../../../../client/cli/eval/metrics.js';

const judgements = new Map([
  ['a', 3],
  ['b', 1],
  ['c', 2],
  ['z', 0],
]);

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
}

describe('nDCG@10', () => {
  // Gains by rank: b 1, x 0, a 3 → 1/log2(2) + 3/log2(4) = 2.5; ideal 3, 2, 1 → 3 + 2/log2(3) + 1/2.
  it('is linear in the gain, and takes its ideal from all judgements', () => {
    near(ndcgAt10(['b', 'x', 'a'], judgements), 2.5 / (3 + 2 / Math.log2(3) + 0.5));
  });

  it('is 1 for the best order and 0 for none', () => {
    near(ndcgAt10(['a', 'c', 'b'], judgements), 1);
    near(ndcgAt10([], judgements), 0);
    near(ndcgAt10(['a'], new Map([['a', 0]])), 0);
  });

  it('looks at ten hits, and its ideal has at most ten', () => {
    const many = new Map(Array.from({ length: 12 }, (_, index) => [`d${index}`, 1] as const));
    near(ndcgAt10([...many.keys()].slice(0, 10), many), 1);
    near(ndcgAt10([...Array.from({ length: 10 }, (_, index) => `x${index}`), 'd0'], many), 0);
  });
});

describe('recall@100 and MRR@10', () => {
  it('count scores of at least 1', () => {
    near(recallAt100(['a', 'z', 'x'], judgements), 1 / 3);
    near(recallAt100(['a'], new Map([['a', 0]])), 0);
    near(mrrAt10(['z', 'x', 'c'], judgements), 1 / 3);
    near(mrrAt10([...'0123456789', 'a'], judgements), 0);
  });

  it('look at 100 hits', () => {
    const ranking = [...Array.from({ length: 100 }, (_, index) => `x${index}`), 'a'];
    near(recallAt100(ranking, judgements), 0);
    near(recallAt100(ranking.slice(1), judgements), 1 / 3);
  });
});

describe('quality', () => {
  it('is the mean over judged queries; one without an answer counts 0', () => {
    const judged = new Map([
      ['q1', new Map([['a', 1]])],
      ['q2', new Map([['b', 1]])],
    ]);
    const quality = qualityOf(new Map([['q1', ['a']]]), judged);
    assert.deepEqual(quality, { ndcgAt10: 0.5, recallAt100: 0.5, mrrAt10: 0.5 });
  });
});

describe('percentiles', () => {
  it('are values that occurred', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    assert.equal(percentile(values, 0.5), 50);
    assert.equal(percentile(values, 0.99), 99);
    assert.equal(percentile([7], 0.99), 7);
  });
});
