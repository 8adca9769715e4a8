import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { mapDocument, mapQuery, meanProducts, type MultiHead } from '../../../../trainer/heads/multi-head.js';
import { plainProducts } from '../../../../trainer/heads/products.js';

const inputDim = 8;
/** Keeps the first four of eight dimensions, and doubles the second of documents. */
const head: MultiHead = {
  inputDim,
  dim: 4,
  queries: Float32Array.from({ length: inputDim * 4 }, (_, i) => (i % 5 === 0 && i < 16 ? 1 : 0)),
  documents: Float32Array.from({ length: inputDim * 4 }, (_, i) => (i % 5 === 0 && i < 16 ? (i === 5 ? 2 : 1) : 0)),
};

const normals = (count: number, seed: number): Float32Array => {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count }, () => random.normal());
};

describe('a multi-vector head', () => {
  it('keeps how far rows are from their mean, and the directions that it maps to', async () => {
    const step = [1, 2, 0, 0, 0, 0, 0, 2];
    const around = [3, 0, 0, 0, 0, 0, 4, 0];
    const rows = Float32Array.from([
      ...around.map((value, j) => value + step[j]!),
      ...around.map((value, j) => value - step[j]!),
    ]);
    const { rows: mapped } = await mapDocument(rows, head, plainProducts);
    // Beyond the mean (1, 2, …), of length 3; the map doubles the second dimension.
    const length = Math.hypot(1, 4);
    [3 / length, 12 / length, 0, 0, -3 / length, -12 / length, 0, 0].forEach((value, i) =>
      assert.ok(Math.abs(mapped[i]! - value) < 0.05, `${i}: ${mapped[i]}, not ${value}`),
    );
  });

  it('leaves rows that are their mean rows of zeros', async () => {
    const { rows } = await mapDocument(new Float32Array(2 * inputDim), head, plainProducts);
    assert.deepEqual([...rows], [0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('maps queries linearly', async () => {
    const rows = normals(2 * inputDim, 3);
    const once = await mapQuery(rows, head, plainProducts);
    const twice = await mapQuery(
      rows.map((value) => 2 * value),
      head,
      plainProducts,
    );
    once.forEach((value, i) => assert.ok(Math.abs(twice[i]! - 2 * value) < 1e-6));
    assert.ok(Math.abs(once[4]! - rows[inputDim]!) < 1e-6);
  });

  it('adds up the products of a query with the means of documents', async () => {
    const query = normals(3 * inputDim, 4);
    const documents = [normals(5 * inputDim, 5), normals(2 * inputDim, 6)];
    const means = await Promise.all(documents.map(async (rows) => (await mapDocument(rows, head, plainProducts)).mean));
    const found = meanProducts(query, inputDim, Uint8Array.from(means.flatMap((mean) => [...mean])));
    documents.forEach((rows, d) => {
      const count = rows.length / inputDim;
      let wanted = 0;
      query.forEach((value, i) => {
        for (let row = 0; row < count; row++) wanted += (value * rows[row * inputDim + (i % inputDim)]!) / count;
      });
      assert.ok(Math.abs(found[d]! - wanted) < 0.1, `${found[d]}, not ${wanted}`);
    });
  });
});
