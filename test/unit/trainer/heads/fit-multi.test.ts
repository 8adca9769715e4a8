import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { covariance } from '../../../../trainer/covariance.js';
import { fitMulti } from '../../../../trainer/heads/fit-multi.js';
import type { MultiHead } from '../../../../trainer/heads/multi-head.js';

const inputDim = 8;
const dim = 3;
/** Documents are spread most where no query looks, and queries look most where no document is spread. */
const spreads = { queries: [4, 3, 2, 0.01, 0.1, 0.1, 0.1, 0.1], documents: [1, 1, 1, 9, 0.1, 0.1, 0.1, 0.1] };

function rowsOf(sizes: readonly number[], count: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count * inputDim }, (_, i) => random.normal() * sizes[i % inputDim]!);
}

function errorOf({ queries, documents }: MultiHead, asked: Float32Array, rows: Float32Array): number {
  let error = 0;
  for (let from = 0; from < asked.length; from += inputDim) {
    let rest = 0;
    for (let j = 0; j < inputDim; j++) rest += asked[from + j]! * rows[from + j]!;
    for (let k = 0; k < queries.length / inputDim; k++) {
      let [left, right] = [0, 0];
      const width = queries.length / inputDim;
      for (let j = 0; j < inputDim; j++) {
        left += asked[from + j]! * queries[j * width + k]!;
        right += rows[from + j]! * documents[j * width + k]!;
      }
      rest -= left * right;
    }
    error += rest * rest;
  }
  return error;
}

describe('the fit of a multi-vector head', () => {
  const asked = rowsOf(spreads.queries, 4_000, 1);
  const rows = rowsOf(spreads.documents, 4_000, 2);
  const moments = { queries: covariance(asked, inputDim), documents: covariance(rows, inputDim) };
  const fit = (size: number): MultiHead => fitMulti(moments, { inputDim, dim: size, random: seededRandom(3) });

  it('keeps products where both queries and documents are spread', () => {
    const head = fit(4);
    const all = errorOf({ ...head, queries: new Float32Array(inputDim * 4) }, asked, rows);
    assert.ok(errorOf(head, asked, rows) < 0.01 * all);
  });

  it('has orthonormal columns for queries', () => {
    const { queries } = fit(dim);
    for (let a = 0; a < dim; a++) {
      for (let b = 0; b < dim; b++) {
        let product = 0;
        for (let j = 0; j < inputDim; j++) product += queries[j * dim + a]! * queries[j * dim + b]!;
        assert.ok(Math.abs(product - (a === b ? 1 : 0)) < 1e-5);
      }
    }
  });

  it('errs less than with a map of documents that is changed in any direction', () => {
    const head = fit(4);
    const least = errorOf(head, asked, rows);
    const random = seededRandom(7);
    for (let trial = 0; trial < 20; trial++) {
      const documents = head.documents.map((value) => value + 0.2 * random.normal());
      assert.ok(errorOf({ ...head, documents }, asked, rows) > least);
    }
  });

  it('is the identity in as many dimensions as rows have', () => {
    const head = fit(inputDim);
    assert.ok(
      errorOf(head, asked, rows) < 1e-6 * errorOf({ ...head, queries: new Float32Array(inputDim ** 2) }, asked, rows),
    );
  });

  it('refuses more dimensions than rows have', () => {
    assert.throws(() => fit(inputDim + 1), { code: 'INTERNAL' });
  });
});
