import assert from 'node:assert/strict';
import { orderedTerms } from '../../../../vector-index/sparse/query-terms.js';

function ordered(termIds: readonly number[], factors: readonly number[]): [number, number][] {
  const terms = orderedTerms({ termIds: Uint32Array.from(termIds), factors: Float32Array.from(factors) });
  return Array.from(terms.termIds, (termId, at) => [termId, terms.factors[at]!]);
}

describe('the order of query terms', () => {
  it('goes by the magnitude of the factor, then by termId, whatever the order given', () => {
    const expected = [
      [7, -4],
      [9, 4],
      [1, 2],
      [5, 0.5],
    ];
    assert.deepEqual(ordered([1, 5, 9, 7], [2, 0.5, 4, -4]), expected);
    assert.deepEqual(ordered([7, 9, 5, 1], [-4, 4, 0.5, 2]), expected);
  });

  it('leaves out terms without weight and keeps a term that comes twice', () => {
    assert.deepEqual(ordered([3, 4, 3, 5], [1, 0, 2, -0]), [
      [3, 2],
      [3, 1],
    ]);
  });

  it('refuses factors that are no finite numbers', () => {
    for (const bad of [NaN, Infinity, -Infinity]) assert.throws(() => ordered([1, 2], [1, bad]), /term 2 of the query/);
  });
});
