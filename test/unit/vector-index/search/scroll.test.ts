import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { PinnedIndex, SelectedIndex } from '../../../../vector-index/search/pinned-index.js';
import { unselective } from '../../../../vector-index/search/selection.js';
import { scrollDocuments } from '../../../../vector-index/search/scroll.js';
import { randomDocuments, stateOf } from '../fixtures.js';

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
});
