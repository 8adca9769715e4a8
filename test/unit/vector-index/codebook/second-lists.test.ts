/** The second list of a vector is near it, and another than its first. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { secondLists } from '../../../../vector-index/codebook/second-lists.js';
import { nearestList, nearestLists, type Structure } from '../../../../vector-index/codebook/structure.js';

describe('second lists', () => {
  it('leave a residual across that of the first, of centroids that are as near', () => {
    // The point leaves (0, 0.4, 0) over the first list; the second centroid leaves the same, the third one across it.
    const centroids = Float32Array.of(1, 0, 0, 1, -0.05, 0, 1, 0.4, 0.42);
    const structure: Structure = { dim: 3, centroids };
    assert.deepEqual([...secondLists(structure, Float32Array.of(1, 0.4, 0), Uint32Array.of(0))], [2]);
  });

  it('are the nearest of the others for a vector that its first list leaves nothing of', () => {
    const structure: Structure = { dim: 2, centroids: Float32Array.of(1, 0, 0, 1, 0.9, 0.3) };
    assert.deepEqual([...secondLists(structure, Float32Array.of(1, 0), Uint32Array.of(0))], [2]);
  });

  it('are among the nearest of many, never the first, and the same for a vector alone', async () => {
    const random = seededRandom(4);
    const normals = (count: number) => Float32Array.from({ length: count * 16 }, () => random.normal());
    const structure: Structure = { dim: 16, centroids: normals(60) };
    const points = normals(40);
    const firsts = await nearestList(structure, points);
    const seconds = secondLists(structure, points, firsts);
    for (let p = 0; p < 40; p++) {
      const point = points.subarray(16 * p, 16 * p + 16);
      assert.notEqual(seconds[p], firsts[p]);
      assert.ok(nearestLists(structure, point, 24).includes(seconds[p]!));
      assert.deepEqual([...secondLists(structure, point, firsts.subarray(p, p + 1))], [seconds[p]]);
    }
  });

  it('are the first where there is no other', () => {
    const structure: Structure = { dim: 2, centroids: Float32Array.of(1, 0) };
    assert.deepEqual([...secondLists(structure, Float32Array.of(1, 1), Uint32Array.of(0))], [0]);
  });
});
