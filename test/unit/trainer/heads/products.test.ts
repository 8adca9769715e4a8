import assert from 'node:assert/strict';
import { plainProducts } from '../../../../trainer/heads/products.js';

describe('plain products of matrices', () => {
  const a = Float32Array.of(1, 2, 3, 4, 5, 6);

  it('multiply rows by columns', async () => {
    const b = Float32Array.of(1, 0, 0, 1, 10, 100);
    assert.deepEqual([...(await plainProducts.times(a, b, 3))], [31, 302, 64, 605]);
  });

  it('multiply the transpose', async () => {
    const b = Float32Array.of(1, 10);
    assert.deepEqual([...(await plainProducts.transposedTimes(a, b, 2))], [41, 52, 63]);
  });

  it('give nothing for no rows', async () => {
    const none = new Float32Array(0);
    assert.equal((await plainProducts.times(none, a, 3)).length, 0);
    assert.equal((await plainProducts.transposedTimes(none, none, 0)).length, 0);
  });

  it('refuse matrices that do not fit', () => {
    assert.throws(() => plainProducts.times(a, a, 4), { code: 'INTERNAL' });
  });
});
