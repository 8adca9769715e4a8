/** Ids are in the order of their UTF-8 bytes, however they are compared and sorted. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { systemClock } from '../../../../../base/clock.js';
import { compareIds, idsAfter, sortedIds, sortIds } from '../../../../../shard-node/directory/store/id-order.js';
import { Slices } from '../../../../../vector-index/maintenance/slices.js';

const someId = fc.string({
  unit: fc.constantFrom('a', 'b', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{1f600}'),
});

describe('the order of ids', () => {
  it('is that of their bytes', () =>
    fc.assert(
      fc.property(someId, someId, (a, b) => {
        assert.equal(Math.sign(compareIds(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 500, seed: 1 },
    ));

  it('is the same for many, sorted at once or in slices', async () => {
    const ids = Array.from(
      { length: 5_000 },
      (_, i) => `${(i * 7_919) % 5_003}${i % 3 === 0 ? '\u{10000}' : '\uffff'}`,
    );
    const expected = [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    assert.deepEqual(sortedIds(ids), expected);
    assert.deepEqual(await sortIds(ids, new Slices(systemClock)), expected);
    const simple = Array.from({ length: 2_500 }, (_, i) => String((i * 7_919) % 2_503));
    assert.deepEqual(await sortIds(simple, new Slices(systemClock)), [...simple].sort());
    assert.deepEqual(await sortIds([], new Slices(systemClock)), []);
  });

  it('gives the first few after any id', () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(someId, { maxLength: 30 }),
        someId,
        fc.integer({ min: 1, max: 5 }),
        (ids, after, limit) => {
          const expected = sortedIds(ids).filter((id) => after === '' || compareIds(id, after) > 0);
          assert.deepEqual(idsAfter(ids, after, limit), expected.slice(0, limit));
        },
      ),
      { numRuns: 200, seed: 4 },
    ));
});
