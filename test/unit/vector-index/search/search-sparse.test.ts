import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { PinnedIndex, SelectedIndex } from '../../../../vector-index/search/pinned-index.js';
import { unselective } from '../../../../vector-index/search/selection.js';
import { searchSparse } from '../../../../vector-index/search/search-sparse.js';
import { randomDocument, randomDocuments, stateOf } from '../fixtures.js';

const terms = { termIds: Uint32Array.of(4, 9, 30), factors: Float32Array.of(1, 0.5, 2) };

describe('the sparse search', () => {
  it('finds only living documents that share a term, best first', async () => {
    const documents = randomDocuments(seededRandom(4), 90);
    const state = stateOf([...documents].reverse());
    state.kill(0);
    const index = new PinnedIndex([state]);
    const expected = documents
      .slice(0, -1)
      .map(({ docId, terms: own }) => {
        const weight = (termId: number): number => own?.weights[own.termIds.indexOf(termId)] ?? 0;
        return {
          docId,
          score: terms.factors.reduce((sum, factor, at) => sum + factor * weight(terms.termIds[at]!), 0),
        };
      })
      .filter(({ score }) => score > 0)
      .sort((left, right) => right.score - left.score || Number(left.docId - right.docId));
    const found = await searchSparse(new SelectedIndex(index, unselective), terms, 1000);
    assert.deepEqual(
      [...found.docIds],
      expected.map(({ docId }) => docId),
    );
    assert.deepEqual(
      [...found.scores],
      expected.map(({ score }) => score),
    );
    index.release();
  });

  it('does not see documents that came after the pin', async () => {
    const state = stateOf([]);
    const own = { termIds: Uint32Array.of(4), weights: Float32Array.of(1) };
    state.revive(state.reader.add({ ...randomDocument(seededRandom(5), 'a', 1n), terms: own }, 0n));
    const index = new PinnedIndex([state]);
    state.revive(state.reader.add({ ...randomDocument(seededRandom(5), 'b', 2n), terms: own }, 0n));
    assert.deepEqual([...(await searchSparse(new SelectedIndex(index, unselective), terms, 9)).docIds], [1n]);
    index.release();
  });

  it('ends with the reason of its signal', async () => {
    const index = new PinnedIndex([stateOf(randomDocuments(seededRandom(6), 5))]);
    const gone = new Error('the caller is gone');
    await assert.rejects(searchSparse(new SelectedIndex(index, unselective), terms, 1, AbortSignal.abort(gone)), gone);
    index.release();
  });
});
