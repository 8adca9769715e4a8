/** A structure says where a vector belongs, the same on every machine, and its routes say which lists a query reads. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { nearestList, nearestLists, type Structure } from '../../../../vector-index/codebook/structure.js';

const axes: Structure = { dim: 2, centroids: Float32Array.of(1, 0, 0, 1, -1, 0, 0, 1) };

function randomRows(count: number, dim: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count * dim }, () => random.normal());
}

describe('a structure', () => {
  it('gives each vector the list with the largest product, the smaller one where two are equal', async () => {
    const points = Float32Array.of(0.9, 0.1, 0.1, 0.9, -2, 0.5, 0, 0);
    assert.deepEqual([...(await nearestList(axes, points))], [0, 1, 2, 0]);
  });

  it('ranks lists for a query, its own list first', async () => {
    assert.deepEqual([...nearestLists(axes, Float32Array.of(-0.2, 1), 3)], [1, 3, 2]);
    assert.equal(nearestLists(axes, Float32Array.of(1, 1), 99).length, 4);
    const many: Structure = { dim: 24, centroids: randomRows(40, 24, 1) };
    const points = randomRows(50, 24, 2);
    const own = await nearestList(many, points);
    for (let p = 0; p < own.length; p += 1) {
      assert.equal(nearestLists(many, points.subarray(p * 24, p * 24 + 24), 1)[0], own[p]);
    }
  });

  it('ranks them by its routes where it has some', () => {
    const routing = Float32Array.of(0, 1, 1, 0, 0, 0, -1, -1);
    assert.deepEqual([...nearestLists({ ...axes, routing }, Float32Array.of(2, 1), 3)], [1, 0, 2]);
  });

  it('gives the same lists for many vectors at once as for each alone', async () => {
    const large: Structure = { dim: 64, centroids: randomRows(64, 64, 3) };
    const points = randomRows(300, 64, 4);
    const together = await nearestList(large, points);
    for (const p of [0, 17, 299]) {
      assert.equal((await nearestList(large, points.slice(p * 64, p * 64 + 64)))[0], together[p]);
    }
  });
});
