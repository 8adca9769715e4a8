import assert from 'node:assert/strict';
import { weighedRows } from '../../../../coordinator/search/token-weights.js';
import { close } from '../fixtures.js';

const rows = Float32Array.of(1, 0, 0, 1, 0, -1, 1, 1);

describe('weights of a question’s tokens', () => {
  it('are the roots of idf over their mean, a row without a term counting as one of idf 2', () => {
    const weighed = weighedRows(
      { rows, count: 4, terms: Uint32Array.of(7, 9, 7, 0) },
      new Map([
        [7, 0.5],
        [9, 8],
      ]),
    );
    // Roots: 1, 4, 1 and 2 times .5^½; their mean is twice that.
    [0.5, 0, 0, 2, 0, -0.5, 1, 1].forEach((value, i) => close(weighed[i], value));
  });

  it('have the mean 1, so that a document that has every token keeps its score', () => {
    const terms = Uint32Array.of(3, 4, 0, 5);
    const idf = new Map([3, 4, 5].map((term) => [term, term * 1.7] as const));
    const weighed = weighedRows({ rows: new Float32Array(4).fill(1), count: 4, terms }, idf);
    close(
      weighed.reduce((sum, value) => sum + value, 0),
      4,
    );
  });

  it('are equal where no row has a term', () => {
    const weighed = weighedRows({ rows, count: 4, terms: new Uint32Array(4) }, new Map());
    weighed.forEach((value, i) => close(value, rows[i]!));
  });

  it('are none where terms are not told', () => {
    assert.deepEqual(weighedRows({ rows, count: 4, terms: null }, new Map()), rows);
  });
});
