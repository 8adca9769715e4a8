import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { PinnedIndex } from '../../../../vector-index/search/pinned-index.js';
import { stateOf, randomDocument } from '../fixtures.js';

const random = seededRandom(1);

describe('a pinned index', () => {
  it('finds living documents of the instant of the pin', () => {
    const states = [
      stateOf([randomDocument(random, 'a', 5n), randomDocument(random, 'b', 3n)]),
      stateOf([randomDocument(random, 'c', 4n)]),
    ];
    states[0]!.kill(0);
    const index = new PinnedIndex(states);
    states[1]!.kill(0);
    states[1]!.revive(states[1]!.reader.add(randomDocument(random, 'd', 9n), 0n));
    assert.deepEqual(
      [3n, 4n, 5n, 9n, 10n].map((docId) => index.place(docId)),
      [{ segment: 0, row: 1 }, { segment: 1, row: 0 }, null, null, null],
    );
    index.release();
  });

  it('lets its segments go once', () => {
    let closed = 0;
    const state = stateOf([]);
    Object.assign(state.reader, { close: () => (closed += 1) });
    const index = new PinnedIndex([state]);
    const other = new PinnedIndex([state]);
    state.retire();
    index.release();
    index.release();
    assert.equal(closed, 0);
    other.release();
    assert.equal(closed, 1);
  });
});
