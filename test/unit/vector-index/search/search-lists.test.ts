/** What `lists/layouts.test.ts` does not: answers beside brute force where nothing can be missed, and passages that crowd. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { toFloat16, toFloat32 } from '../../../../kernels/kernels.js';
import type { ListCoder } from '../../../../vector-index/lists/list-coder.js';
import { mergeRanked } from '../../../../vector-index/search/merge-candidates.js';
import { PinnedIndex, SelectedIndex } from '../../../../vector-index/search/pinned-index.js';
import { searchDense } from '../../../../vector-index/search/search-dense.js';
import { searchLists } from '../../../../vector-index/search/search-lists.js';
import { selectedDocuments, unselective } from '../../../../vector-index/search/selection.js';
import { SegmentState } from '../../../../vector-index/segment/segment-state.js';
import { dot, furtherPassage, plainDocument } from '../fixtures.js';
import { codedMutable } from '../lists/coded-files.js';
import { nearVector, toyCoder, toyDocuments, toyStructure } from '../lists/fixtures.js';

const shape = { dim: 8, lists: 6 };
const structure = toyStructure(shape);
const coder = toyCoder(shape);
const copied = toyCoder({ ...shape, hasCopies: true });
const pause = (): Promise<void> => Promise.resolve();

function indexOf(documents: Parameters<typeof codedMutable>[1], of = coder): PinnedIndex {
  return new PinnedIndex([new SegmentState(codedMutable(of, documents), null)], of);
}

describe('the search of lists', () => {
  it('equals brute force where few rows are left', async () => {
    const random = seededRandom(1);
    const documents = toyDocuments(random, structure, 400);
    const query = nearVector(random, structure);
    const lists = Uint32Array.of(1, 2);
    const index = new SelectedIndex(indexOf(documents), { filter: null, lists });
    const found = mergeRanked((await searchLists(index, [0], { query, k: 500, pause }))!, 500);
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

  it('finds rows by their second list as by their first, once, through codes as exactly', async () => {
    const random = seededRandom(3);
    const documents = Array.from({ length: 3000 }, (_, at) =>
      plainDocument(`id${at}`, BigInt(at + 1), { dense: nearVector(random, structure) }),
    );
    const lists = Uint32Array.of(3);
    const index = new SelectedIndex(indexOf(documents, copied), { filter: null, lists });
    const { reader } = index.segments[0]!;
    const seconds = reader.coding!.copies!.lists(3000);
    const [firsts, others] = [reader.lists, seconds].map(
      (own) => new Set(documents.filter((_, row) => own[row] === 3).map(({ docId }) => docId)),
    );
    assert.ok(firsts!.size > 40 && others!.size > 500, `${firsts!.size} and ${others!.size}`);
    const query = nearVector(random, structure);
    const [k, all] = [20, firsts!.size + others!.size];
    const coded = mergeRanked((await searchLists(index, [0], { query, k, pause }))!, k);
    const exact = await searchDense(index, { query, k: all + 50, pause, isExact: true });
    assert.deepEqual(new Set(exact.docIds), new Set([...firsts!, ...others!]));
    assert.equal(exact.docIds.length, all);
    assert.equal(new Set(coded.docIds).size, k);
    const best = new Set(exact.docIds.slice(0, k));
    assert.ok([...coded.docIds].filter((docId) => best.has(docId)).length >= k - 4);
    assert.equal(selectedDocuments(index.segments[0]!, index.selected(0)), firsts!.size);
  });

  for (const of of [coder, copied]) itGivesAsManyAsWanted(of);
});

function itGivesAsManyAsWanted(of: ListCoder): void {
  const lists = of.hasCopies ? 'two lists' : 'one list';
  it(`gives as many documents in ${lists} as are wanted, however many passages of one crowd before them`, async () => {
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
    const index = new SelectedIndex(indexOf(documents, of), unselective);
    const found = mergeRanked((await searchLists(index, [0], { query, k: 10, pause }))!, 10);
    assert.equal(found.docIds.length, 10);
    assert.deepEqual([found.docIds[0], found.passages[0]], [1n, 0]);
  });
}
