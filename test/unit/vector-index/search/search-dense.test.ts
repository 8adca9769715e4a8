import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { PinnedIndex, SelectedIndex } from '../../../../vector-index/search/pinned-index.js';
import { unselective } from '../../../../vector-index/search/selection.js';
import { searchDense } from '../../../../vector-index/search/search-dense.js';
import { setBit } from '../../../../vector-index/bitmap.js';
import type { PinnedSegment } from '../../../../vector-index/segment/segment-state.js';
import { dim, dot, furtherPassage, plainDocument, randomDocuments, stateOf, vector } from '../fixtures.js';

const pause = (): Promise<void> => Promise.resolve();

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
      const found = await searchDense(new SelectedIndex(index, unselective), { query, k, pause });
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
      searchDense(new SelectedIndex(index, unselective), {
        query: new Float32Array(dim),
        k: 1,
        pause,
        signal: AbortSignal.abort(gone),
      }),
    );
    index.release();
  });

  it('gives the same whether it scans a segment or scores the few rows that are selected, with turns for others', async () => {
    const random = seededRandom(5);
    const documents = Array.from({ length: 21_000 }, (_, at) =>
      plainDocument(`id${at}`, BigInt(at + 1), { dense: vector(random, dim) }),
    );
    const segment: PinnedSegment = stateOf(documents).pin();
    const query = vector(random, dim);
    for (const few of [1, 40, 4_150]) {
      const bits = new Uint8Array(Math.ceil(documents.length / 8));
      for (let row = 0; row < few; row += 1) setBit(bits, (row * 7_919) % documents.length);
      const live = documents.filter((_, row) => (bits[row >>> 3]! & (1 << (row & 7))) !== 0);
      const expected = live
        .map(({ dense, docId }) => ({ docId, score: dot(dense!, query) }))
        .sort((left, right) => right.score - left.score || Number(left.docId - right.docId))
        .slice(0, 20);
      let turns = 0;
      const selected = { segments: [segment], coder: null, searchable: () => bits } as unknown as SelectedIndex;
      const found = await searchDense(selected, { query, k: 20, pause: async () => void (turns += 1) });
      assert.deepEqual(
        [...found.docIds],
        expected.map(({ docId }) => docId),
      );
      assert.equal(turns, few > 4_096 ? 1 : 0);
    }
  });

  it('gives each document once, with its best passage, however many passages crowd before the next one', async () => {
    const random = seededRandom(6);
    const documents = Array.from({ length: 60 }, (_, at) => {
      const document = plainDocument(`id${at}`, BigInt(at + 1), { dense: vector(random, dim) });
      const further = Array.from({ length: at === 9 ? 300 : random.below(4) }, (__, number) =>
        furtherPassage(document, number + 1, { dense: at === 9 ? document.dense : vector(random, dim) }),
      );
      return [document, ...further];
    });
    const query = documents[9]![0]!.dense!;
    const expected = documents
      .map((passages) => passages.map(({ docId, passage, dense }) => ({ docId, passage, score: dot(dense!, query) })))
      .map((scored) => scored.sort((left, right) => right.score - left.score || left.passage - right.passage)[0]!)
      .sort((left, right) => right.score - left.score || Number(left.docId - right.docId));
    const odd = documents.flatMap((passages) => passages.filter(({ passage }) => passage % 2 === 1));
    const even = documents.flatMap((passages) => passages.filter(({ passage }) => passage % 2 === 0));
    for (const states of [[stateOf(documents.flat())], [stateOf(odd.reverse()), stateOf(even)]]) {
      const index = new PinnedIndex(states);
      for (const k of [1, 5, 60, 1000]) {
        const found = await searchDense(new SelectedIndex(index, unselective), { query, k, pause });
        const rows = Array.from(found.docIds, (docId, at) => ({
          docId,
          passage: found.passages[at]!,
          score: found.scores[at]!,
        }));
        assert.deepEqual(rows, expected.slice(0, k));
      }
      index.release();
    }
  });
});
