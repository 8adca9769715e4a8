import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { chooseLists } from '../../../../kernels/list-search/coarse.js';
import { quantizeCentroids } from '../../../../kernels/list-search/portable.js';
import { rowProduct } from '../../../../kernels/list-search/row-product.js';

const [dim, lists] = [20, 50];
const random = seededRandom(11);
const centroids = Float32Array.from({ length: lists * dim }, () => random.normal());
const query = Float32Array.from({ length: dim }, () => random.normal());
const rows = new Int8Array(lists * 32);
const rowScales = new Float32Array(lists);
quantizeCentroids(centroids, dim, rows, rowScales);
const nearest = Array.from({ length: lists }, (_, list) => list).sort(
  (a, b) => rowProduct(query, centroids, b) - rowProduct(query, centroids, a),
);

describe('the lists nearest to a query', () => {
  it('are those whose centroids have the largest products', () => {
    const probes = new Uint32Array(6);
    const arrays = { dim, lists, centroids, rows: null, rowScales: null };
    assert.equal(chooseLists(arrays, query, { probes, candidates: 6, nprobe: 6 }), 6);
    assert.deepEqual([...probes], nearest.slice(0, 6));
  });

  it('are found by their bytes first, with a few more than are wanted', () => {
    const probes = new Uint32Array(6);
    chooseLists({ dim, lists, centroids, rows, rowScales }, query, { probes, candidates: 12, nprobe: 6 });
    assert.deepEqual([...probes], nearest.slice(0, 6));
  });

  it('are all of them, ties by number, where everything is equal', () => {
    const probes = new Uint32Array(lists);
    const same = new Float32Array(lists * dim).fill(1);
    const arrays = { dim, lists, centroids: same, rows: null, rowScales: null };
    assert.equal(chooseLists(arrays, query, { probes, candidates: lists, nprobe: lists }), lists);
    assert.deepEqual(
      [...probes],
      Array.from({ length: lists }, (_, list) => list),
    );
  });
});
