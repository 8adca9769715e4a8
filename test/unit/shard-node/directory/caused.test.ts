/** What was caused by records up to a position. */
import assert from 'node:assert/strict';
import { Caused } from '../../../../shard-node/directory/caused.js';

describe('the positions that records caused', () => {
  it('are the largest up to a position', () => {
    const caused = new Caused(10n, 4n);
    caused.note(12n, 20n);
    caused.note(14n, 18n);
    caused.note(15n, 30n);
    assert.deepEqual(
      [10n, 11n, 12n, 14n, 15n, 99n].map((sequence) => caused.upTo(sequence)),
      [4n, 4n, 20n, 20n, 30n, 30n],
    );
  });

  it('may be larger for what is long past, never smaller', () => {
    const caused = new Caused(0n, 0n);
    for (let sequence = 1n; sequence <= 20_000n; sequence += 1n) caused.note(sequence, sequence + 5n);
    for (const sequence of [1n, 100n, 10_000n, 19_999n]) assert.ok(caused.upTo(sequence) >= sequence + 5n);
    assert.equal(caused.upTo(19_999n), 20_004n);
  });
});
