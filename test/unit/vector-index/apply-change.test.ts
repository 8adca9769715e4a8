import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import { applyChange, newestDocId } from '../../../vector-index/apply-change.js';
import { IndexState } from '../../../vector-index/index-state.js';
import { randomDocument, settings } from './fixtures.js';

async function newState(): Promise<{ state: IndexState; newest: (id: string) => bigint }> {
  const state = new IndexState(settings);
  return { state, newest: (id) => newestDocId(state, id) };
}

const random = seededRandom(3);

describe('applying a change', () => {
  it('keeps one living row of an id, the newest, also in a frozen segment', async () => {
    const { state, newest } = await newState();
    applyChange(state, 0, { documents: [randomDocument(random, 'a', 5n), randomDocument(random, 'b', 6n)] });
    state.freeze();
    applyChange(state, 0, { documents: [randomDocument(random, 'a', 7n), randomDocument(random, 'b', 4n)] });
    assert.deepEqual([newest('a'), newest('b')], [7n, 6n]);
    assert.deepEqual([state.frozen?.livePrimaryCount, state.mutable.livePrimaryCount], [1, 1]);
  });

  it('changes nothing the second time', async () => {
    const { state } = await newState();
    const change = { documents: [randomDocument(random, 'a', 5n)], superseded: [{ id: 'a', docId: 4n }] };
    applyChange(state, 0, change);
    applyChange(state, 0, change);
    assert.equal(state.mutable.reader.rowCount, 1);
  });

  it('refuses terms that do not ascend', async () => {
    const { state } = await newState();
    const terms = { termIds: Uint32Array.of(4, 4), weights: Float32Array.of(1, 1) };
    const change = { documents: [{ ...randomDocument(random, 'a', 5n), terms }] };
    assert.throws(() => applyChange(state, 0, change), { code: 'INTERNAL', message: /term ids ascend/ });
  });

  it('refuses float16 token rows of another width', async () => {
    const { state } = await newState();
    const tokens = { count: 2, rows: new Uint8Array(10), codec: '' };
    const change = { documents: [{ ...randomDocument(random, 'a', 5n), tokens }] };
    assert.throws(() => applyChange(state, 0, change), { code: 'INTERNAL', message: /8 components/ });
  });
});
