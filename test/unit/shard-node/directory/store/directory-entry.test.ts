/** The state of a directory that heard nothing. */
import assert from 'node:assert/strict';
import { noMarks, noPlaces, verdictKeptMs } from '../../../../../shard-node/directory/store/directory-entry.js';

describe('a directory that heard nothing', () => {
  it('has committed nothing and knows no place', () => {
    assert.deepEqual([noMarks.committed, noMarks.subjects, noPlaces], [0n, [], []]);
  });

  it('would keep a verdict for ten minutes', () => assert.equal(verdictKeptMs, 600_000));
});
