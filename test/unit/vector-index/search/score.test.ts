import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { PinnedIndex, SelectedIndex } from '../../../../vector-index/search/pinned-index.js';
import { unselective } from '../../../../vector-index/search/selection.js';
import { scoreDocuments } from '../../../../vector-index/search/score.js';
import { searchSparse } from '../../../../vector-index/search/search-sparse.js';
import { codecs, dim, randomDocument, randomDocuments, stateOf, tokenDim } from '../fixtures.js';

const tokens = { tokenDim, codecs };

describe('scoring documents', () => {
  it('answers in the order asked and NaN for what is gone', async () => {
    const random = seededRandom(1);
    const dense = new Float32Array(dim).fill(1);
    const state = stateOf([1n, 2n, 3n].map((docId) => ({ ...randomDocument(random, String(docId), docId), dense })));
    state.kill(1);
    const index = new PinnedIndex([state]);
    const scores = await scoreDocuments(
      index,
      { docIds: BigUint64Array.of(3n, 9n, 2n, 1n), passages: null },
      { dense, tokens },
    );
    assert.deepEqual([...scores.dense!], [dim, NaN, NaN, dim]);
    assert.deepEqual([scores.sparse, scores.multi, scores.matchTokens], [null, null, null]);
    index.release();
  });

  it('gives the same bits for a sparse score as the search does', async () => {
    const random = seededRandom(2);
    const documents = randomDocuments(random, 80).map((document) => {
      const termIds = Uint32Array.from({ length: 30 }, (_, at) => at);
      return { ...document, terms: { termIds, weights: Float32Array.from(termIds, () => random.unit()) } };
    });
    const index = new PinnedIndex([stateOf(documents)]);
    const terms = { termIds: Uint32Array.of(29, 3, 17, 99), factors: Float32Array.of(3.3, 0.1, 7.7, 1) };
    const found = await searchSparse(new SelectedIndex(index, unselective), terms, 80);
    const { sparse } = await scoreDocuments(index, found, { sparse: terms, tokens });
    assert.deepEqual(sparse, found.scores);
    index.release();
  });
});
