import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import { applyChange, newestDocId } from '../../../vector-index/apply-change.js';
import { IndexState } from '../../../vector-index/index-state.js';
import { fenceKeepMs } from '../../../vector-index/fences.js';
import { furtherPassage, randomDocument, settings } from './fixtures.js';

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
    assert.deepEqual([state.frozen[0]?.livePrimaryCount, state.mutable.livePrimaryCount], [1, 1]);
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

  it('ignores versions that were superseded within ten minutes of log time, whether it held them or not', async () => {
    const { state, newest } = await newState();
    applyChange(state, 1_000, { superseded: [{ id: 'a', docId: 9n }] });
    applyChange(state, 1_000 + fenceKeepMs, { documents: [randomDocument(random, 'a', 8n)] });
    assert.equal(newest('a'), 0n);
    applyChange(state, 1_000 + fenceKeepMs, { documents: [randomDocument(random, 'a', 9n)] });
    assert.equal(newest('a'), 9n);
    applyChange(state, 1_001 + fenceKeepMs, { documents: [randomDocument(random, 'b', 8n)] });
    assert.equal(newest('b'), 8n);
    assert.equal(state.fences.size, 0);
  });

  it('adds passages of the version that it has, each once, and none of an older one', async () => {
    const { state, newest } = await newState();
    const document = randomDocument(random, 'a', 5n);
    applyChange(state, 0, { documents: [document, furtherPassage(document, 2)] });
    applyChange(state, 0, { documents: [furtherPassage(document, 2), furtherPassage(document, 1)] });
    applyChange(state, 0, { documents: [furtherPassage({ ...document, docId: 4n }, 3)] });
    assert.equal(state.mutable.reader.rowCount, 3);
    assert.deepEqual([state.mutable.livePrimaryCount, newest('a')], [1, 5n]);
    assert.deepEqual(state.mutable.reader.rowsOf(5n), [0, 1, 2]);
  });

  it('removes all passages of an older version, here and in frozen segments', async () => {
    const { state, newest } = await newState();
    const document = randomDocument(random, 'a', 5n);
    applyChange(state, 0, { documents: [document, furtherPassage(document, 1)] });
    state.freeze();
    applyChange(state, 0, { documents: [furtherPassage(document, 2)] });
    applyChange(state, 0, { documents: [furtherPassage({ ...document, docId: 6n }, 7)] });
    assert.equal(newest('a'), 6n);
    assert.deepEqual([state.frozen[0]?.deadCount, state.mutable.deadCount], [2, 1]);
    applyChange(state, 0, { superseded: [{ id: 'a', docId: 7n }] });
    assert.equal(newest('a'), 0n);
  });

  it('refuses a further passage with a text, a title or terms', async () => {
    const { state } = await newState();
    const document = furtherPassage(randomDocument(random, 'a', 5n), 1, { text: 'own' });
    assert.throws(() => applyChange(state, 0, { documents: [document] }), { code: 'INTERNAL', message: /primary/ });
  });
});
