import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { mergeRanked, rankSegment } from '../../../../vector-index/search/merge-candidates.js';
import { furtherPassage, randomDocument, stateOf, weakHash } from '../fixtures.js';

const random = seededRandom(1);

describe('merging candidates', () => {
  it('takes the best of all segments, ties by smaller docId', () => {
    const [left, right] = [
      [2n, 4n, 6n],
      [1n, 3n, 5n],
    ].map((docIds) => stateOf(docIds.map((docId) => randomDocument(random, String(docId), docId))).pin());
    const parts = [
      { segment: left!, rows: Uint32Array.of(0, 1, 2), scores: Float32Array.of(3, 2, 1) },
      { segment: right!, rows: Uint32Array.of(1, 0), scores: Float32Array.of(2, 1) },
    ];
    assert.deepEqual(mergeRanked(parts, 4), {
      docIds: BigUint64Array.of(2n, 3n, 4n, 1n),
      passages: new Uint32Array(4),
      idHashes: BigUint64Array.from(['2', '3', '4', '1'], weakHash),
      scores: Float32Array.of(3, 2, 2, 1),
    });
    assert.equal(mergeRanked(parts, 99).docIds.length, 5);
    assert.equal(mergeRanked([], 3).docIds.length, 0);
  });

  it('orders equal scores by docId where rows are not, also when ties reach past the rows asked for first', async () => {
    const docIds = Array.from({ length: 300 }, (_, at) => BigInt(1000 - at));
    const segment = stateOf(docIds.map((docId) => randomDocument(random, String(docId), docId))).pin();
    const scores = new Float32Array(300).fill(1);
    scores[7] = 2;
    const byScore = Uint32Array.from([7, ...Array.from(scores.keys()).filter((row) => row !== 7)]);
    const asked: number[] = [];
    const ranked = await rankSegment(segment, 3, (n) => {
      asked.push(n);
      const rows = byScore.subarray(0, n);
      return { rows, scores: Float32Array.from(rows, (row) => scores[row]!) };
    });
    assert.deepEqual([...ranked.rows], [7, 299, 298]);
    assert.deepEqual([...ranked.scores], [2, 1, 1]);
    assert.ok(asked.length > 1);
  });

  it('names a document once, with its best passage, wherever its passages lie', () => {
    const document = randomDocument(random, 'a', 5n);
    const other = randomDocument(random, 'b', 7n);
    const left = stateOf([document, furtherPassage(document, 2)]).pin();
    const right = stateOf([furtherPassage(document, 1), other]).pin();
    const parts = [
      { segment: left, rows: Uint32Array.of(1), scores: Float32Array.of(2) },
      { segment: right, rows: Uint32Array.of(0, 1), scores: Float32Array.of(2, 1) },
    ];
    assert.deepEqual(mergeRanked(parts, 3), {
      docIds: BigUint64Array.of(5n, 7n),
      passages: Uint32Array.of(1, 0),
      idHashes: BigUint64Array.from(['a', 'b'], weakHash),
      scores: Float32Array.of(2, 1),
    });
  });
});
