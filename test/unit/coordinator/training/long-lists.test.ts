import assert from 'node:assert/strict';
import { LongLists } from '../../../../coordinator/training/long-lists.js';
import { usualSplitLimits } from '../../../../vector-index/lists/list-limit.js';

const sizes = (longest: number, vectors = 100_000, lists = 100) => ({
  ...{ lists, vectors: BigInt(vectors), longest: BigInt(longest) },
});

describe('lists that are too long', () => {
  it('are split as soon as they have more than four times the mean', () => {
    const long = new LongLists(usualSplitLimits);
    assert.equal(long.isSplitDue('u', sizes(4_000)), false);
    assert.equal(long.isSplitDue('u', sizes(4_001)), true);
    assert.equal(long.isSplitDue('u', sizes(512, 600, 100)), false);
    assert.equal(long.isSplitDue('u', sizes(0, 0, 0)), false);
  });

  it('are not tried again until they, or the collection, have grown by half, when nothing came of it', () => {
    const long = new LongLists(usualSplitLimits);
    long.fail('u', sizes(5_000));
    assert.equal(long.isSplitDue('u', sizes(7_499, 110_000)), false);
    assert.equal(long.isSplitDue('u', sizes(7_500, 110_000)), true);
    assert.equal(long.isSplitDue('u', sizes(6_500, 150_000)), true);
    assert.equal(long.isSplitDue('v', sizes(5_000)), true);
    long.keep(new Set(['u']));
    assert.equal(long.isSplitDue('u', sizes(5_000)), false);
    long.forget('u');
    assert.equal(long.isSplitDue('u', sizes(5_000)), true);
    long.fail('u', sizes(5_000));
    long.keep(new Set(['v']));
    assert.equal(long.isSplitDue('u', sizes(5_000)), true);
  });
});
