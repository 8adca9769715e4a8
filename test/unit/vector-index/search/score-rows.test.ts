import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { toFloat16 } from '../../../../kernels/kernels.js';
import { scannable, scoresOf } from '../../../../vector-index/search/score-rows.js';
import { dot, plainDocument, stateOf, vector, dim } from '../fixtures.js';

describe('exact scores of rows', () => {
  it('are the inner products of the rows asked for, with turns for others', async () => {
    const random = seededRandom(1);
    const rows = Array.from({ length: 5000 }, () => vector(random, dim));
    const halves = toFloat16(Float32Array.from(rows.flatMap((row) => [...row])));
    const query = vector(random, dim);
    const numbers = Uint32Array.from({ length: 4500 }, (_, i) => (i * 7) % 5000);
    let turns = 0;
    const pause = async (): Promise<void> => void (turns += 1);
    const scores = await scoresOf(halves, dim, numbers, { query, k: 1, pause });
    assert.deepEqual(
      [...scores],
      Array.from(numbers, (row) => dot(rows[row]!, query)),
    );
    assert.equal(turns, 1);
  });

  it('are those of rows that have a vector', () => {
    const documents = [plainDocument('a', 1n), plainDocument('b', 2n, { dense: new Float32Array(dim) })];
    const segment = stateOf(documents).pin();
    assert.equal(scannable(segment, null)![0]! & 3, 2);
    assert.equal(scannable(segment, Uint8Array.of(1))![0]! & 3, 0);
  });
});
