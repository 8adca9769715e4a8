/** The filter of ids never denies what was added, and seldom admits what was not. */
import assert from 'node:assert/strict';
import { addToFilter, filterBytesFor, mayHold, probeOf } from '../../../../../shard-node/directory/store/id-filter.js';

describe('a filter of ids', () => {
  it('lets through every id that was added and about one of a hundred others', () => {
    const count = 10_000;
    const filter = new Uint8Array(filterBytesFor(count));
    const probe = { first: 0, step: 0 };
    const has = (id: string): boolean => (probeOf(Buffer.from(id), probe), mayHold(filter, probe));
    for (let i = 0; i < count; i += 1) {
      probeOf(Buffer.from(`id${i}`), probe);
      addToFilter(filter, probe);
    }
    let [known, unknown] = [0, 0];
    for (let i = 0; i < count; i += 1) {
      if (has(`id${i}`)) known += 1;
      if (has(`other${i}`)) unknown += 1;
    }
    assert.equal(known, count);
    assert.ok(unknown < count * 0.02, String(unknown));
  });

  it('has room for none', () => assert.ok(filterBytesFor(0) > 0));
});
