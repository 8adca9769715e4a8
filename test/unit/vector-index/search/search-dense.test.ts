import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { PinnedIndex, SelectedIndex } from '../../../../vector-index/search/pinned-index.js';
import { unselective } from '../../../../vector-index/search/selection.js';
import { searchDense } from '../../../../vector-index/search/search-dense.js';
import { dim, dot, randomDocuments, stateOf, vector } from '../fixtures.js';

describe('the dense search', () => {
  it('equals brute force over living documents that have a vector, for any k', async () => {
    const random = seededRandom(2);
    const documents = randomDocuments(random, 120);
    const states = [stateOf(documents.slice(0, 70)), stateOf(documents.slice(70).reverse())];
    for (const row of [0, 5, 40]) states[0]!.kill(row);
    const dead = new Set([0, 5, 40].map((row) => documents[row]!.docId));
    const index = new PinnedIndex(states);
    const query = vector(random, dim);
    const expected = documents
      .filter(({ dense, docId }) => dense !== null && !dead.has(docId))
      .map(({ dense, docId }) => ({ docId, score: dot(dense!, query) }))
      .sort((left, right) => right.score - left.score || Number(left.docId - right.docId));
    for (const k of [1, 2, 10, 1000]) {
      const found = await searchDense(new SelectedIndex(index, unselective), query, k);
      assert.deepEqual(
        [...found.docIds],
        expected.slice(0, k).map(({ docId }) => docId),
      );
      assert.deepEqual(
        [...found.scores],
        expected.slice(0, k).map(({ score }) => score),
      );
    }
    index.release();
  });

  it('ends with the reason of its signal', async () => {
    const index = new PinnedIndex([stateOf(randomDocuments(seededRandom(3), 5))]);
    const gone = new Error('the caller is gone');
    await assert.rejects(
      searchDense(new SelectedIndex(index, unselective), new Float32Array(dim), 1, AbortSignal.abort(gone)),
    );
    index.release();
  });
});
