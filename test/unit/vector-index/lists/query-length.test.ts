import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { atAnchorLength } from '../../../../vector-index/lists/query-length.js';
import { PinnedIndex, SelectedIndex } from '../../../../vector-index/search/pinned-index.js';
import { searchDense } from '../../../../vector-index/search/search-dense.js';
import { unselective } from '../../../../vector-index/search/selection.js';
import { SegmentState } from '../../../../vector-index/segment/segment-state.js';
import { plainDocument } from '../fixtures.js';
import { codedMutable } from './coded-files.js';
import { nearVector, toyCoder, toyStructure } from './fixtures.js';

const shape = { dim: 16, lists: 6 };
const structure = toyStructure(shape);
const { codebook } = structure;
const pause = (): Promise<void> => Promise.resolve();

describe('the length of a query that is compared with codes', () => {
  it('is a quarter above that of the anchors', () => {
    const anchors = Float32Array.of(3, 4, 0, 1);
    const own = { ...codebook, dim: 2, anchors };
    const scaled = atAnchorLength(Float32Array.of(0, 0.5), own);
    assert.ok(Math.abs(scaled[1]! - 1.25 * Math.sqrt((25 + 1) / 2)) < 1e-6 && scaled[0] === 0);
  });

  it('stays what it is where there is none to go by', () => {
    const query = Float32Array.of(1, 2);
    const none = { ...codebook, dim: 2, anchors: new Float32Array(4) };
    assert.equal(atAnchorLength(query, none), query);
    const zero = new Float32Array(16);
    assert.deepEqual(atAnchorLength(zero, codebook), zero);
  });

  it('changes neither which documents are found nor how their scores relate', async () => {
    const random = seededRandom(8);
    const documents = Array.from({ length: 3_000 }, (_, at) =>
      plainDocument(`id${at}`, BigInt(at + 1), { dense: nearVector(random, structure) }),
    );
    const coder = toyCoder(shape);
    const state = new SegmentState(codedMutable(coder, documents), null);
    const index = new SelectedIndex(new PinnedIndex([state], coder), unselective);
    for (let round = 0; round < 5; round += 1) {
      const query = nearVector(random, structure);
      const whole = await searchDense(index, { query, k: 20, pause });
      for (const factor of [2 ** -12, 2 ** 9]) {
        const other = await searchDense(index, { query: query.map((value) => value * factor), k: 20, pause });
        assert.deepEqual(other.docIds, whole.docIds);
        assert.deepEqual(
          [...other.scores],
          Array.from(whole.scores, (score) => Math.fround(score * factor)),
        );
      }
    }
  });
});
