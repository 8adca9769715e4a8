import assert from 'node:assert/strict';
import { passagesFromJson, passagesToJson } from '../../../../../client/cli/import/passages-json.js';

describe('passages in JSON', () => {
  it('are written as they are read', () => {
    const json = [
      { vector: [0.5, 1], start: 0, end: 5 },
      { vector: [2, 3], tokens: { count: 1, codec: 'r2', rows: 'AQI=' }, start: 5, end: 0 },
    ];
    assert.deepEqual(passagesToJson(passagesFromJson(json, 2)), json);
    assert.deepEqual(passagesFromJson([{ vector: [1] }], 0), [{ vector: Float32Array.of(1), start: 0, end: 0 }]);
  });

  it('are refused with their number and what is wrong', () => {
    const cases: [unknown, RegExp][] = [
      [{}, /no list/],
      [[], /has 0 entries; give 1 to 4096/],
      [Array.from({ length: 4_097 }, () => ({ vector: [1, 2] })), /has 4097 entries/],
      [[{ vector: [1, 2] }, 7], /passage 1 is no object/],
      [[{ start: 1, end: 2 }], /passage 0 is refused: "vector" is no list/],
      [[{ vector: [1] }], /passage 0 is refused: "vector" has 1 number,.*2 dimensions/],
      [[{ vector: [1, 2], start: -1 }], /passage 0 has a start or end/],
      [[{ vector: [1, 2], end: 1.5 }], /passage 0 has a start or end/],
      [[{ vector: [1, 2], tokens: 'x' }], /passage 0 is refused: "tokens"/],
    ];
    for (const [json, message] of cases)
      assert.throws(() => passagesFromJson(json, 2), { code: 'INVALID_ARGUMENT', message });
  });
});
