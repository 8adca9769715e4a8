import assert from 'node:assert/strict';
import { exactJsonText, jsonText } from '../../../../client/cli/json.js';

describe('JSON of commands', () => {
  it('has bigint as decimal strings and times as RFC 3339', () => {
    const value = { docId: 18_446_744_073_709_551_615n, at: new Date(0), deep: [{ n: 1n }], text: 'a\nb' };
    assert.equal(
      jsonText(value),
      '{"docId":"18446744073709551615","at":"1970-01-01T00:00:00.000Z","deep":[{"n":"1"}],"text":"a\\nb"}',
    );
  });

  it('keep the sign of a zero where that counts, and are the same otherwise', () => {
    assert.equal(exactJsonText({ vector: [-0, 0, 1e-30, -1.5e21] }), '{"vector":[-0,0,1e-30,-1.5e+21]}');
    assert.ok(Object.is((JSON.parse(exactJsonText([-0])) as number[])[0], -0));
    const values = {
      a: 'q"\u2028',
      b: [true, null, { c: 5n }],
      d: undefined,
      e: new Date(0),
      f: [],
      g: {},
      'h i': NaN,
    };
    assert.equal(exactJsonText(values), jsonText(values));
  });
});
