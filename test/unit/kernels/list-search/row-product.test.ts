/** The product that list searches and the rounding of second codes have in common. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { rowProduct } from '../../../../kernels/list-search/row-product.js';

describe('the product with a row', () => {
  it('is the inner product of any size, of the row that is asked for', () => {
    const random = seededRandom(4);
    for (const dim of [1, 3, 16, 17, 64, 384]) {
      const values = (count: number) => Float32Array.from({ length: count }, () => random.normal());
      const [query, rows] = [values(dim), values(3 * dim)];
      for (const row of [0, 1, 2]) {
        const expected = query.reduce((sum, value, j) => sum + value * rows[row * dim + j]!, 0);
        assert.ok(Math.abs(rowProduct(query, rows, row) - expected) < 1e-4 * Math.sqrt(dim));
      }
    }
  });

  it('adds sixteen lanes in halves, every step rounded', () => {
    const query = new Float32Array(32).fill(1);
    const rows = new Float32Array(32);
    // Lanes 0 and 8 meet before lane 4 comes in.
    [rows[0], rows[8], rows[4]] = [2 ** 25, -(2 ** 25), 1];
    assert.equal(rowProduct(query, rows, 0), 1);
    [rows[0], rows[16], rows[8]] = [2 ** 25, 1, -(2 ** 25)];
    assert.equal(rowProduct(query, rows, 0), 1);
  });
});
