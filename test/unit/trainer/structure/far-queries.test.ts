import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { farQueries } from '../../../../trainer/structure/far-queries.js';

describe('far queries', () => {
  it('are sums of a query and four of the vectors', () => {
    const queries = Float32Array.of(100, 0, 200, 0);
    const far = farQueries(queries, Float32Array.of(0, 1, 0, 16), 2, seededRandom(1));
    assert.deepEqual([far[0], far[2]], [100, 200]);
    for (const sum of [far[1]!, far[3]!]) assert.ok([0, 1, 2, 3, 4].some((of) => sum === of * 16 + (4 - of)));
    assert.deepEqual(queries, Float32Array.of(100, 0, 200, 0));
  });

  it('are the same for the same seed, and none where there are no queries', () => {
    const vectors = Float32Array.from({ length: 100 }, (_, i) => i);
    const queries = vectors.subarray(0, 20);
    const made = [7, 7, 8].map((seed) => farQueries(queries, vectors, 2, seededRandom(seed)));
    assert.deepEqual(made[0], made[1]);
    assert.notDeepEqual(made[0], made[2]);
    assert.equal(farQueries(new Float32Array(0), vectors, 2, seededRandom(7)).length, 0);
  });
});
