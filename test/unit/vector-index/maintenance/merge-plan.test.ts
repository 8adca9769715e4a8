import assert from 'node:assert/strict';
import { planMerge, type SegmentSize } from '../../../../vector-index/maintenance/merge-plan.js';
import { defaultShardIndexLimits as limits } from '../../../../vector-index/shard-index-limits.js';

const size = (bytes: number, deadRows = 0, structureVersion = 0): SegmentSize => ({
  bytes,
  rows: 100,
  deadRows,
  structureVersion,
});

describe('the plan of a merge', () => {
  it('is null while no tier holds enough segments', () => {
    assert.equal(planMerge([size(20), size(20), size(20), size(1000), size(1000)], limits), null);
  });

  it('takes the segments of the smallest full tier', () => {
    assert.deepEqual(planMerge([size(20), size(5000), size(20), size(25), size(30)], limits), [0, 2, 3, 4]);
  });

  it('rewrites a segment whose dead rows exceed the share first', () => {
    assert.deepEqual(planMerge([size(20), size(20), size(20), size(20), size(9000, 21)], limits), [4]);
    assert.equal(planMerge([size(9000, 20)], limits), null);
  });

  it('leaves segments alone that would grow too large together', () => {
    const large = Array.from({ length: 5 }, () => size(limits.segmentBytesMax * 0.4));
    assert.equal(planMerge(large, limits), null);
  });

  it('rewrites every document once a tier: writes grow with the logarithm of the size', () => {
    let written = 0;
    let segments: ReturnType<typeof size>[] = [];
    for (let sealed = 0; sealed < 256; sealed += 1) {
      segments.push(size(16));
      for (let plan = planMerge(segments, limits); plan !== null; plan = planMerge(segments, limits)) {
        const bytes = plan.reduce((sum, at) => sum + segments[at]!.bytes, 0);
        written += bytes;
        segments = [...segments.filter((_, at) => !plan!.includes(at)), size(bytes)];
      }
    }
    assert.ok(written <= 256 * 16 * 4, `${written} bytes rewritten`);
    assert.ok(segments.length < 16);
  });
});
