import assert from 'node:assert/strict';
import { listLimit, listsToSplit, partLimit, usualSplitLimits } from '../../../../vector-index/lists/list-limit.js';

describe('the lists that are too long', () => {
  it('have more than four times the mean, and no fewer than some hundred vectors', () => {
    assert.equal(listLimit({ vectors: 100_000, lists: 100 }, usualSplitLimits), 4_000);
    assert.equal(listLimit({ vectors: 1_000, lists: 100 }, usualSplitLimits), 512);
    assert.equal(listLimit({ vectors: 100, lists: 10 }, { means: 2, least: 5 }), 20);
  });

  it('are split longest first, no more of them than there is room for', () => {
    const sizes = Uint32Array.of(5, 9, 4, 12, 9);
    assert.deepEqual([...listsToSplit(sizes, 4, 9)], [3, 1, 4, 0]);
    assert.deepEqual([...listsToSplit(sizes, 4, 2)], [3, 1]);
    assert.deepEqual([...listsToSplit(sizes, 12, 9)], []);
    assert.deepEqual([...listsToSplit(sizes, 4, -1)], []);
  });

  it('leave parts that have room to grow', () => {
    assert.ok(1.5 * partLimit(300) <= 300);
  });
});
