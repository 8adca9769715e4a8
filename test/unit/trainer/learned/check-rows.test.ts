import assert from 'node:assert/strict';
import { checkTrainingRows } from '../../../../trainer/learned/check-rows.js';

const kind = { dim: 2, what: 'query', least: 2 };

describe('rows to learn from', () => {
  it('are whole, enough, and numbers that have a float16', () => {
    assert.doesNotThrow(() => checkTrainingRows(Float32Array.of(1, 2, 3, -65_504), kind));
    for (const [rows, message] of [
      [Float32Array.of(1, 2, 3), /no whole rows of 2/],
      [Float32Array.of(1, 2), /1 rows where at least 2 are needed/],
      [Float32Array.of(1, 2, NaN, 4), /query 1 has the value NaN at 0/],
      [Float32Array.of(1, 2, 3, 65_600), /query 1 has the value 65600 at 1/],
    ] as const) {
      assert.throws(() => checkTrainingRows(rows, kind), { code: 'INVALID_ARGUMENT', message });
    }
  });
});
