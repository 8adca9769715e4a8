import assert from 'node:assert/strict';
import { bySegment } from '../../../../vector-index/search/segment-rows.js';

describe('rows to score', () => {
  it('are grouped by segment and keep their positions', () => {
    const places = [{ segment: 1, row: 4 }, null, { segment: 0, row: 2 }, { segment: 1, row: 3 }];
    assert.deepEqual(bySegment(places), [
      { segment: 1, positions: [0, 3], rows: [4, 3] },
      { segment: 0, positions: [2], rows: [2] },
    ]);
    assert.deepEqual(
      bySegment(places, ({ row }) => row === 2),
      [{ segment: 0, positions: [2], rows: [2] }],
    );
  });
});
