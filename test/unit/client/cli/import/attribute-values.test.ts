import assert from 'node:assert/strict';
import { attributesFromJson, attributesToJson } from '../../../../../client/cli/import/attribute-values.js';

describe('attributes of JSON lines', () => {
  it('have the type that JSON shows, unless one is declared', () => {
    const json = { s: 'x', n: 3, b: true, t: '2026-01-31T12:00:00Z', l: ['a'], gone: null, e: [] };
    assert.deepEqual(attributesFromJson(json, {}), {
      s: 'x',
      n: 3,
      b: true,
      t: '2026-01-31T12:00:00Z',
      l: ['a'],
      e: [],
    });
    assert.deepEqual(attributesFromJson({ n: 1e300 }, {}), { n: 1e300 });
    assert.deepEqual(attributesFromJson({ n: 2 ** 60 }, { n: 'double' }), { n: 2 ** 60 });
    const declared = { n: 'int64', t: 'timestamp', l: 'string[]', big: 'int64' } as const;
    assert.deepEqual(
      attributesFromJson({ n: 3, t: '2026-01-31T12:00:00Z', l: ['a'], big: '9007199254740993' }, declared),
      {
        n: 3n,
        t: new Date('2026-01-31T12:00:00Z'),
        l: ['a'],
        big: 9_007_199_254_740_993n,
      },
    );
  });

  it('that do not fit are refused, saying which, what it must be and what it is', () => {
    const cases = [
      [{ n: 1.5 }, { n: 'int64' }, /attribute n must be int64, but is the number 1\.5/],
      [{ n: 2 ** 60 }, { n: 'int64' }, /beyond 2\^53 and lost digits; write it as a string/],
      [{ n: '99999999999999999999' }, { n: 'int64' }, /must be int64/],
      [{ t: '2026-01-31' }, { t: 'timestamp' }, /must be timestamp.*RFC 3339 is/],
      [{ t: '2026-13-31T00:00:00Z' }, { t: 'timestamp' }, /must be timestamp/],
      [{ t: '2026-02-30T00:00:00Z' }, { t: 'timestamp' }, /must be timestamp/],
      [{ n: 2 ** 60 }, {}, /beyond 2\^53 and lost digits; declare it.*--attributes n:int64/],
      [{ n: [1, 2 ** 60] }, {}, /beyond 2\^53 and lost digits/],
      [{ s: 1 }, { s: 'string' }, /must be string, but is the number 1/],
      [{ s: 'a' }, { s: 'string[]' }, /must be string\[\]/],
      [{ s: ['a'] }, { s: 'string' }, /must be string, but is a list/],
      [{ l: ['a', 1] }, {}, /attribute l must be string, but is the number 1/],
      [{ o: { a: 1 } }, {}, /attribute o is an object; it can be/],
      [{ l: [['a']] }, {}, /attribute l is a list/],
      [{ n: 1e999 }, {}, /must be double, but is a number beyond those of a double/],
      [JSON.parse('{"__proto__": 1}') as object, {}, /name '__proto__' is reserved; rename the attribute/],
    ] as const;
    for (const [json, declared, message] of cases) {
      assert.throws(() => attributesFromJson(json, declared), { code: 'INVALID_ARGUMENT', message });
    }
  });

  it('are written as they are read: int64 as a number where that is exact', () => {
    const attributes = { a: 5n, b: 9_007_199_254_740_993n, c: [1n], d: new Date(0), e: 0.5 };
    assert.deepEqual(attributesToJson(attributes), {
      a: 5,
      b: '9007199254740993',
      c: [1],
      d: '1970-01-01T00:00:00.000Z',
      e: 0.5,
    });
  });
});
