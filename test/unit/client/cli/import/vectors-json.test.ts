import assert from 'node:assert/strict';
import {
  sparseFromJson,
  sparseToJson,
  tokensFromJson,
  tokensToJson,
  vectorFromJson,
  vectorToJson,
} from '../../../../../client/cli/import/vectors-json.js';
import { seededRandom } from '../../../../../base/random.js';

describe('vectors in JSON', () => {
  it('name every float32 exactly', () => {
    const random = seededRandom(1);
    const vector = Float32Array.from({ length: 1000 }, () => random.normal() * 10 ** (random.below(60) - 30));
    assert.deepEqual(vectorFromJson(JSON.parse(JSON.stringify(vectorToJson(vector))), 1000), vector);
  });

  it('are refused when they are no finite float32', () => {
    for (const value of [[1, 'x'], [1, null], [1, 1e39], 'x']) {
      assert.throws(() => vectorFromJson(value, 0), { code: 'INVALID_ARGUMENT', message: /"vector"/ });
    }
  });

  it('name what they are refused for, and tell an infinite number from null', () => {
    const cases: [string, string][] = [
      ['[1e999]', 'Infinity at 0'],
      ['[1, -1e999]', '-Infinity at 1'],
      ['[1e39]', '1e+39 at 0'],
      ['[null]', 'null at 0'],
      ['["x"]', '"x" at 0'],
    ];
    for (const [text, what] of cases) {
      const message = `"vector" has ${what}; give finite numbers`;
      assert.throws(() => vectorFromJson(JSON.parse(text), 0), { code: 'INVALID_ARGUMENT', message });
    }
  });

  it('sparse ones come in two forms and leave in ascending order', () => {
    const expected = { terms: [3, 9], weights: [0.5, 1] };
    assert.deepEqual(sparseToJson(sparseFromJson({ terms: [9, 3], weights: [1, 0.5] })), expected);
    assert.deepEqual(sparseToJson(sparseFromJson({ 9: 1, 3: 0.5 })), expected);
  });

  it('sparse ones are refused for bad terms', () => {
    const cases: [unknown, RegExp][] = [
      [{ terms: [1, 1], weights: [1, 1] }, /term 1 twice/],
      [{ terms: [-1], weights: [1] }, /term -1/],
      [{ terms: [1], weights: [] }, /1 terms and 0 weights/],
      [{ word: 1 }, /term NaN/],
      [[1], /no object/],
    ];
    for (const [value, message] of cases) assert.throws(() => sparseFromJson(value), { message });
  });

  it('of tokens are rows, or coded rows in base64', () => {
    assert.deepEqual(
      new Float32Array(
        Uint8Array.from(
          tokensFromJson([
            [1, 2],
            [3, 4],
          ]).rows,
        ).buffer,
      ),
      Float32Array.of(1, 2, 3, 4),
    );
    const coded = { count: 2, codec: 'r2', rows: 'AQID' };
    for (const given of [coded, { ...coded, codec: '', pooled: true }])
      assert.deepEqual(tokensToJson(tokensFromJson(given)), given);
    assert.throws(() => tokensFromJson([[1], [1, 2]]), { message: /unequal length/ });
    assert.throws(() => tokensFromJson({ rows: 1 }), { message: /neither a list of rows/ });
    for (const count of [-1, 0.5, 2 ** 32]) {
      assert.throws(() => tokensFromJson({ ...coded, count }), { message: /neither a list of rows/ });
    }
  });
});
