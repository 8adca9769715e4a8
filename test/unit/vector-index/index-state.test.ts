import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import { IndexState } from '../../../vector-index/index-state.js';
import { randomDocument, settings } from './fixtures.js';

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
});
