import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isLive, TopK } from '../../../kernels/top-k.js';

function best(scores: readonly number[], k: number): number[] {
  const rows = new Uint32Array(k);
  const top = new TopK(rows, new Float32Array(k), -Infinity);
  scores.forEach((score, row) => top.offer(row, score));
  return [...rows.subarray(0, top.finish())];
}

describe('the k best rows', () => {
  it('are those that sorting finds, ties by row', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 })), fc.nat(20), (scores, k) => {
        const sorted = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
        assert.deepEqual(best(scores, k), sorted.slice(0, k));
      }),
    );
  });

  it('do not depend on the order in which rows come', () => {
    const rows = new Uint32Array(2);
    const top = new TopK(rows, new Float32Array(2), -Infinity);
    for (const row of [9, 3, 7, 1]) top.offer(row, 5);
    top.finish();
    assert.deepEqual([...rows], [1, 3]);
  });

  it('must be above the minimum', () => {
    const top = new TopK(new Uint32Array(3), new Float32Array(3), 1);
    for (const score of [0, 1, NaN]) top.offer(0, score);
    assert.equal(top.finish(), 0);
  });
});

describe('a bitmap of live rows', () => {
  it('has bit r of byte r >> 3 for row r', () => {
    const live = Uint8Array.of(0b100, 0b1);
    assert.deepEqual(
      [2, 8, 3].map((row) => isLive(live, row)),
      [true, true, false],
    );
  });

  it('makes every row live when it is absent', () => {
    assert.equal(isLive(null, 12), true);
  });
});
