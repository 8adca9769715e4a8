import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { PinnedIndex, SelectedIndex } from '../../../../vector-index/search/pinned-index.js';
import { unselective } from '../../../../vector-index/search/selection.js';
import { scoreDocuments } from '../../../../vector-index/search/score.js';
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

describe('the sparse search over several segments', () => {
  const factors = Float32Array.of(0.7, 3, 0.11, 1.9);
  const query = { termIds: Uint32Array.of(4, 9, 30, 17), factors };

  it('gives the same bits however documents lie in segments', async () => {
    const random = seededRandom(9);
    const documents = randomDocuments(random, 400);
    const shuffled = documents.map((document) => ({ document, at: random.unit() })).sort((a, b) => a.at - b.at);
    const layouts = [[documents], [shuffled.map(({ document }) => document)], cut(documents, 3), cut(documents, 7)];
    for (const k of [1, 5, 40, 500]) {
      const found = [];
      for (const layout of layouts) {
        const index = new PinnedIndex(layout.map(stateOf));
        const { docIds, scores } = await searchSparse(new SelectedIndex(index, unselective), query, k);
        found.push({ docIds: [...docIds], scores: [...scores] });
        index.release();
      }
      for (const other of found) assert.deepEqual(other, found[0]);
      assert.ok(found[0]!.docIds.length > 0);
    }
  });

  it('gives the scores that rescoring gives', async () => {
    const index = new PinnedIndex(cut(randomDocuments(seededRandom(10), 200), 3).map(stateOf));
    const selected = new SelectedIndex(index, unselective);
    const found = await searchSparse(selected, query, 50);
    const keys = { docIds: found.docIds, passages: null };
    const tokens = { tokenDim: 8, codecs: () => null };
    const { sparse } = await scoreDocuments(index, keys, { sparse: query, tokens });
    assert.deepEqual(sparse, found.scores);
    index.release();
  });
});

/** `documents` in parts: number i in part i modulo `parts`. */
function cut<T>(documents: readonly T[], parts: number): T[][] {
  return Array.from({ length: parts }, (_, part) => documents.filter((__, at) => at % parts === part));
}
