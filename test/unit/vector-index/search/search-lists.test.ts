/** What `lists/layouts.test.ts` does not: answers beside brute force where nothing can be missed, and passages that crowd. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { toFloat16, toFloat32 } from '../../../../kernels/kernels.js';
import { mergeRanked } from '../../../../vector-index/search/merge-candidates.js';
import { PinnedIndex, SelectedIndex } from '../../../../vector-index/search/pinned-index.js';
import { searchLists } from '../../../../vector-index/search/search-lists.js';
import { unselective } from '../../../../vector-index/search/selection.js';
import { SegmentState } from '../../../../vector-index/segment/segment-state.js';
import { dot, furtherPassage, plainDocument } from '../fixtures.js';
import { codedMutable } from '../lists/coded-files.js';
import { nearVector, toyCoder, toyDocuments, toyStructure } from '../lists/fixtures.js';

const shape = { dim: 8, lists: 6 };
const structure = toyStructure(shape);
const coder = toyCoder(shape);
const pause = (): Promise<void> => Promise.resolve();

function indexOf(documents: Parameters<typeof codedMutable>[1]): PinnedIndex {
  return new PinnedIndex([new SegmentState(codedMutable(coder, documents), null)], coder);
}

describe('the search of lists', () => {
  it('equals brute force where few rows are left', async () => {
    const random = seededRandom(1);
    const documents = toyDocuments(random, structure, 400);
    const query = nearVector(random, structure);
    const lists = Uint32Array.of(1, 2);
    const index = new SelectedIndex(indexOf(documents), { filter: null, lists });
    const found = mergeRanked(await searchLists(index, [0], { query, k: 500, pause }), 500);
    const segment = index.segments[0]!.reader;
    const inLists = documents.filter(({ dense }, row) => dense !== null && lists.includes(segment.lists[row]!));
    const docIds = new Set(inLists.map(({ docId }) => docId));
    assert.deepEqual(new Set(found.docIds), docIds);
    found.docIds.forEach((docId, at) => {
      const all = inLists.filter((document) => document.docId === docId);
      const best = Math.max(...all.map(({ dense }) => dot(toFloat32(toFloat16(dense!)), query)));
      assert.ok(Math.abs(best - found.scores[at]!) < 1e-5);
    });
  });

  it('gives as many documents as are wanted, however many passages of one crowd before them', async () => {
    const random = seededRandom(2);
    const query = nearVector(random, structure);
    const crowd = plainDocument('crowd', 1n, { dense: query });
    const documents = [
      crowd,
      ...Array.from({ length: 1500 }, (_, at) => furtherPassage(crowd, at + 1, { dense: query })),
      ...Array.from({ length: 50 }, (_, at) =>
        plainDocument(`id${at}`, BigInt(at + 2), { dense: nearVector(random, structure) }),
      ),
    ];
    const index = new SelectedIndex(indexOf(documents), unselective);
    const found = mergeRanked(await searchLists(index, [0], { query, k: 10, pause }), 10);
    assert.equal(found.docIds.length, 10);
    assert.deepEqual([found.docIds[0], found.passages[0]], [1n, 0]);
  });
});
