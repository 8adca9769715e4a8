/** What an answer says of itself is true: of what was asked for, what was lost on the way, and when. */
import assert from 'node:assert/strict';
import { coverageOf } from '../../../../coordinator/search/coverage.js';
import { ShardScan } from '../../../../proto/generated/shoal/v1/shard.js';
import { foundBy, servingMap } from '../fixtures.js';

describe('coverage', () => {
  it('is full when every shard answered at every step', () => {
    const { scans } = foundBy(servingMap(2), { answers: [ShardScan.fromPartial({ shard: 0 })] });
    assert.deepEqual(coverageOf(scans, new Map()), {
      full: true,
      listsProbed: 2,
      listsTotal: 2,
      shardsContacted: 2,
      sparseShardsContacted: 2,
      shardsTotal: 2,
      listsMissing: [],
      shardsMissing: [],
      behind: false,
      reasons: [],
    });
  });

  it('lacks what was not scanned, and what was lost after the scan', () => {
    const { scans } = foundBy(servingMap(3), { missing: new Map([[2, 'two']]), listsMissing: [2] });
    const coverage = coverageOf(scans, new Map([[0, 'zero']]));
    assert.deepEqual([coverage.full, coverage.listsProbed, coverage.listsMissing], [false, 1, [0, 2]]);
    assert.deepEqual(
      [coverage.shardsMissing, coverage.reasons],
      [
        [0, 2],
        ['two', 'zero'],
      ],
    );
  });

  it('lacks only the lists of a second round where the first was answered', () => {
    const { scans } = foundBy(servingMap(1), { missing: new Map([[0, 'late']]), listsMissing: [7] });
    const plan = { ...scans.plan, lists: [0, 7] };
    const { listsProbed, listsMissing, full } = coverageOf({ ...scans, plan }, new Map());
    assert.deepEqual([listsProbed, listsMissing, full], [1, [7], false]);
  });

  it('says when a replica that answered had more to apply', () => {
    const { scans } = foundBy(servingMap(1), { answers: [ShardScan.fromPartial({ behind: true })] });
    assert.equal(coverageOf(scans, new Map()).behind, true);
  });
});
