/** The second list of a vector is near it, and another than its first. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { aroundLists } from '../../../../trainer/structure/around-lists.js';
import { secondLists, secondListsAsync } from '../../../../vector-index/codebook/second-lists.js';
import { nearestList, type Structure } from '../../../../vector-index/codebook/structure.js';

/** With `n` lists around each. */
function structureOf(dim: number, centroids: Float32Array, n = centroids.length / dim - 1): Structure {
  return { dim, centroids, around: aroundLists(centroids, dim, { n }) };
}

describe('second lists', () => {
  it('leave a residual across that of the first, of centroids that are as near', () => {
    // The point leaves (0, 0.4, 0) over the first list; the second centroid leaves the same, the third one across it.
    const structure = structureOf(3, Float32Array.of(1, 0, 0, 1, -0.05, 0, 1, 0.4, 0.42));
    assert.deepEqual([...secondLists(structure, Float32Array.of(1, 0.4, 0), Uint32Array.of(0))], [2]);
  });

  it('are the nearest of the others for a vector that its first list leaves nothing of', () => {
    const structure = structureOf(2, Float32Array.of(1, 0, 0, 1, 0.9, 0.3));
    assert.deepEqual([...secondLists(structure, Float32Array.of(1, 0), Uint32Array.of(0))], [2]);
  });

  it('are mostly the best of all though few are looked at, never the first, and the same for a vector alone', async () => {
    const [dim, lists, count] = [8, 200, 300];
    const random = seededRandom(4);
    const normals = (rows: number) => Float32Array.from({ length: rows * dim }, () => random.normal());
    const [centroids, points] = [normals(lists), normals(count)];
    const [all, few] = [structureOf(dim, centroids), structureOf(dim, centroids, 64)];
    const firsts = await nearestList(all, points);
    const [best, seconds] = [secondLists(all, points, firsts), secondLists(few, points, firsts)];
    assert.ok(!seconds.some((list, p) => list === firsts[p]));
    const agreed = seconds.filter((list, p) => list === best[p]).length;
    assert.ok(agreed > count * 0.9, `${agreed} of ${count}`);
    assert.deepEqual(await secondListsAsync(few, points, firsts), seconds);
    for (const p of [0, 7, count - 1]) {
      const point = points.subarray(dim * p, dim * p + dim);
      assert.deepEqual([...secondLists(few, point, firsts.subarray(p, p + 1))], [seconds[p]]);
    }
  });

  it('are those named around the first alone, and of equal ones the first named', () => {
    const around = Uint32Array.of(3, 1, 0, 0, 0, 0, 0, 0);
    const structure: Structure = { dim: 2, centroids: Float32Array.of(1, 0, 0, 1, 1, 0, 0, 1), around };
    assert.deepEqual([...secondLists(structure, Float32Array.of(1, 0.1), Uint32Array.of(0))], [3]);
  });

  it('are the first where no other is named around it', () => {
    const structure: Structure = { dim: 1, centroids: Float32Array.of(1, 2), around: Uint32Array.of(0, 0) };
    assert.deepEqual([...secondLists(structure, Float32Array.of(1, 1), Uint32Array.of(0, 1))], [0, 0]);
  });

  it('need lists around each', () => {
    const structure: Structure = { dim: 1, centroids: Float32Array.of(1, 2) };
    assert.throws(() => secondLists(structure, Float32Array.of(1), Uint32Array.of(0)), { code: 'INTERNAL' });
  });
});
