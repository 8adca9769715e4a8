import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import { codeCentroids } from '../../../kernels/centroid-codes.js';
import { buildLookupTable, scanLists } from '../../../kernels/codes.js';

/** The root of the mean square of ⟨q, r⟩'s estimate less ⟨q, r⟩, over that of ⟨q, r⟩ itself, r / |r| being a centroid's direction from their mean. */
function errorOf(centroids: Float32Array, dim: number): number {
  const count = centroids.length / dim;
  const random = seededRandom(3);
  const query = Float32Array.from({ length: dim }, () => random.normal());
  const { codebook, base, blocks } = codeCentroids(centroids, dim);
  const firsts = Uint32Array.of(0);
  const lists = { codes: blocks, offsets: BigUint64Array.of(0n), counts: Uint32Array.of(count), firsts };
  const padded = new Float32Array(codebook.subquantizers * codebook.dsub);
  padded.set(query);
  const asked = { biases: Float64Array.of(0), wanted: count, threshold: -Infinity };
  const table = buildLookupTable(codebook, padded);
  const [found] = scanLists({ lists, live: null, filter: null, ids: null, queries: [{ ...asked, table }] });
  let [errors, products] = [0, 0];
  found!.positions.forEach((position, i) => {
    const r = base.map((mean, j) => centroids[position * dim + j]! - mean);
    const length = Math.hypot(...r) || 1;
    const product = r.reduce((sum, value, j) => sum + value * query[j]!, 0) / length;
    errors += (found!.scores[i]! / length - product) ** 2;
    products += product ** 2;
  });
  assert.equal(found!.positions.length, count);
  return Math.sqrt(errors / (products || 1));
}

const normals = (length: number): Float32Array => {
  const random = seededRandom(7);
  return Float32Array.from({ length }, () => random.normal());
};

describe('codes of centroids', () => {
  // √(π / 2 − 1) = .756: signs of normal values have the cosine √(2 / π) with them.
  for (const dim of [2, 31, 64, 384]) {
    it(`estimate products of ${dim} dimensions`, () => assert.ok(errorOf(normals(400 * dim), dim) < 0.8));
  }

  it('are exact where all centroids are one', () =>
    assert.ok(errorOf(new Float32Array(150 * 16).fill(0.5), 16) < 1e-3));

  it('know one that lies far off as well', () => {
    const centroids = normals(200 * 64);
    for (let j = 0; j < 64; j++) centroids[j]! *= 100;
    assert.ok(errorOf(centroids, 64) < 0.8);
  });
});
