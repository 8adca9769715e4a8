import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { aroundLists } from '../../../../trainer/structure/around-lists.js';

describe('the lists around each', () => {
  it('are the nearest by distance, nearest first, never itself', () => {
    // By product the long one would be the nearest to all.
    const centroids = Float32Array.of(1, 0, 0.9, 0.1, 0, 1, 4, 4);
    assert.deepEqual([...aroundLists(centroids, 2, { n: 2 })], [1, 2, 0, 2, 1, 0, 1, 0]);
  });

  it('are the smaller of equal ones', () => {
    assert.deepEqual([...aroundLists(Float32Array.of(0, 1, 1, 1, 1), 1, { n: 2 })], [1, 2, 2, 3, 1, 3, 1, 2, 1, 2]);
  });

  it('are those of distances that are computed one by one', () => {
    const [dim, lists, n] = [24, 90, 12];
    const random = seededRandom(5);
    const centroids = Float32Array.from({ length: lists * dim }, () => random.normal());
    const around = aroundLists(centroids, dim, { n });
    const distance = (a: number, b: number): number => {
      let sum = 0;
      for (let j = 0; j < dim; j++) sum += (centroids[a * dim + j]! - centroids[b * dim + j]!) ** 2;
      return sum;
    };
    let agreed = 0;
    for (let list = 0; list < lists; list++) {
      const others = [...Array(lists).keys()].filter((other) => other !== list);
      const nearest = others.sort((a, b) => distance(list, a) - distance(list, b)).slice(0, n);
      const own = new Set(around.subarray(list * n, (list + 1) * n));
      agreed += nearest.filter((other) => own.has(other)).length;
    }
    // Halves round where the last of them end.
    assert.ok(agreed >= lists * n * 0.99, `${agreed} of ${lists * n}`);
  });

  it('are all others where there are few, and none where there is one list', () => {
    assert.deepEqual([...aroundLists(Float32Array.of(0, 1, 3), 1)], [1, 2, 0, 2, 1, 0]);
    assert.equal(aroundLists(Float32Array.of(0, 1, 3), 3).length, 0);
  });

  it('stop when they are told to', () => {
    assert.throws(() => aroundLists(Float32Array.of(0, 1), 1, { signal: { aborted: true } }), { code: 'CANCELLED' });
  });
});
