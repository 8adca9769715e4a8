import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import { IndexState } from '../../../vector-index/index-state.js';
import { plainDocument, randomDocument, settings } from './fixtures.js';
import { toyCoder } from './lists/fixtures.js';

describe('the state of an index', () => {
  it('freezes a mutable segment that holds documents, and only such a one', async () => {
    const state = new IndexState(settings);
    state.freeze();
    assert.deepEqual(state.frozen, []);
    const filled = state.mutable;
    filled.revive(filled.reader.add(randomDocument(seededRandom(1), 'a', 1n), 0n));
    state.freeze();
    assert.deepEqual(state.frozen, [filled]);
    assert.equal(state.mutable.reader.rowCount, 0);
    assert.deepEqual(state.states, [filled, state.mutable]);
  });

  it('lets go of searchers as soon as its sealed or waiting segments change', async () => {
    const state = new IndexState(settings, toyCoder({ dim: settings.dim, lists: 3 }));
    const { mutable, searchers } = state;
    mutable.revive(mutable.reader.add(plainDocument('a', 1n), 0n));
    const acquire = () => searchers.acquire(state.coder!, [mutable.reader]);
    const first = acquire();
    assert.equal(acquire(), first);
    state.freeze();
    const second = acquire();
    assert.notEqual(second, first);
    state.sealed = [];
    assert.notEqual(acquire(), second);
  });
});
