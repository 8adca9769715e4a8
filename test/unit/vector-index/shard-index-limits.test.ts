import assert from 'node:assert/strict';
import { defaultShardIndexLimits } from '../../../vector-index/shard-index-limits.js';

describe('the limits of an index', () => {
  it('let a sealed mutable segment grow through several tiers before a segment is full', () => {
    const { mutableBytesMax, segmentBytesMax, mergeFanIn } = defaultShardIndexLimits;
    assert.ok(mutableBytesMax * mergeFanIn ** 3 <= segmentBytesMax);
  });
});
