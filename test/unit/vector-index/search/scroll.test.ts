import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { PinnedIndex, SelectedIndex } from '../../../../vector-index/search/pinned-index.js';
import { unselective } from '../../../../vector-index/search/selection.js';
import { listRows, scrollDocuments } from '../../../../vector-index/search/scroll.js';
import { furtherPassage, randomDocuments, stateOf } from '../fixtures.js';

describe('scrolling', () => {
  it('visits every living document once in the order of docIds, in pages of any size', () => {
    const documents = randomDocuments(seededRandom(1), 50);
    const even = documents.filter((_, at) => at % 2 === 0);
    const odd = documents.filter((_, at) => at % 2 === 1);
    const states = [stateOf(even), stateOf([...odd].reverse())];
    states[0]!.kill(3);
    const index = new PinnedIndex(states);
    for (const limit of [1, 7, 100]) {
      const seen = [];
      for (
        let page = scrollDocuments(new SelectedIndex(index, unselective), 0n, limit);
        page.length > 0;
        page = scrollDocuments(new SelectedIndex(index, unselective), page.at(-1)!.docId, limit)
      ) {
        assert.ok(page.length <= limit);
        seen.push(...page);
      }
      assert.deepEqual(
        seen,
        documents.filter((document) => document !== even[3]),
      );
    }
    index.release();
  });

  it('lists ids and versions, a document’s passages as one row', () => {
    const [first, second, third] = randomDocuments(seededRandom(2), 3);
    const states = [
      stateOf([furtherPassage(third!, 2), first!, furtherPassage(second!, 1)]),
      stateOf([second!, furtherPassage(first!, 1)]),
    ];
    const index = new SelectedIndex(new PinnedIndex(states), unselective);
    assert.deepEqual(listRows(index, 0n, 3), {
      ids: ['id0', 'id1', 'id2'],
      docIds: BigUint64Array.of(first!.docId, second!.docId, third!.docId),
      contentHashes: BigUint64Array.of(first!.contentHash, second!.contentHash, third!.contentHash),
      primary: Uint8Array.of(1, 1, 0),
      elsewhere: null,
      isDone: true,
    });
    const wide = new SelectedIndex(new PinnedIndex([stateOf([{ ...first!, elsewhere: 2 }, second!])]), unselective);
    assert.deepEqual(listRows(wide, 0n, 3).elsewhere, Uint32Array.of(2, 0));
    const page = listRows(index, first!.docId, 1);
    assert.deepEqual([page.ids, page.isDone], [['id1'], false]);
    assert.deepEqual(
      scrollDocuments(index, 0n, 9).map(({ docId, passage }) => [docId, passage]),
      [
        [first!.docId, 0],
        [second!.docId, 0],
        [third!.docId, 2],
      ],
    );
  });
});
