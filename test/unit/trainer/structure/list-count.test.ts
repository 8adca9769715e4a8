import assert from 'node:assert/strict';
import { listCountFor } from '../../../../trainer/structure/list-count.js';

describe('the number of lists', () => {
  it('grows with the documents, from one to the largest there may be', () => {
    const counts = [0, 1, 50_000, 117_791, 1_000_000, 10_000_000, 1e12].map(listCountFor);
    assert.deepEqual(counts, [1, 1, 512, 1_024, 4_096, 16_384, 65_536]);
  });

  it('never shrinks when documents are added', () => {
    for (let documents = 1; documents < 1e9; documents *= 1.7) {
      assert.ok(listCountFor(documents * 1.7) >= listCountFor(documents));
    }
  });
});
