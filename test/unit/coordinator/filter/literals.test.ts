import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { AttributeValue } from '../../../../proto/generated/shoal/v1/document.js';
import { assertRefused, compiled } from './fixtures.js';

const run = { seed: 13, numRuns: 300 };

function valueIn(text: string): AttributeValue {
  return compiled(text).comparison!.values[0]!;
}

describe('a literal of a filter', () => {
  it('is any int64, and nothing beyond', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        assert.equal(valueIn(`year == ${value}`).int64Value, value);
      }),
      run,
    );
    assert.equal(valueIn('year == 0x7fffffffffffffff').int64Value, 2n ** 63n - 1n);
    assertRefused('year == 9223372036854775808', '1:9', 'does not fit an int64');
    assertRefused('year == -9223372036854775809', '1:9', 'does not fit an int64');
  });

  it('is any finite double, with minus signs before it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = /[.e]/.test(String(value)) ? String(value) : `${Object.is(value, -0) ? '-0' : value}.0`;
        assert.equal(valueIn(`price == ${text}`).doubleValue, value);
      }),
      run,
    );
    assert.equal(valueIn('price == --1.5').doubleValue, 1.5);
    assertRefused('price == 1e400', '1:10');
  });

  it('becomes a double where it is a whole number, if one is equal to it', () => {
    assert.equal(valueIn('price == 9007199254740992').doubleValue, 2 ** 53);
    assertRefused('price == 9007199254740993', '1:10', 'no double is exactly 9007199254740993');
  });

  it('is a string of any characters, escaped or not', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        assert.equal(valueIn(`lang == ${JSON.stringify(value)}`).stringValue, value);
      }),
      run,
    );
    assert.equal(valueIn('lang == "\\U0001F642"').stringValue, '🙂');
    assert.equal(valueIn("lang == r'\\d'").stringValue, '\\d');
    assertRefused('lang == "\ud800"', '1:9', 'surrogate');
  });

  it('is a time to the millisecond, by any offset', () => {
    const expected = new Date('2024-02-29T10:00:00.123Z');
    assert.deepEqual(valueIn('at == timestamp("2024-02-29T12:00:00.123999999+02:00")').timestampValue, expected);
    assert.deepEqual(valueIn('at == timestamp("2024-02-29T10:00:00.123Z")').timestampValue, expected);
    assert.deepEqual(valueIn('at == timestamp("0001-01-01T00:00:00Z")').timestampValue?.getUTCFullYear(), 1);
  });

  it('is refused as a time when there is no such time', () => {
    const bad = [
      '2024-02-30T00:00:00Z',
      '2023-02-29T00:00:00Z',
      '2024-13-01T00:00:00Z',
      '2024-01-01T24:00:00Z',
      '2024-01-01',
    ];
    for (const text of [
      ...bad,
      '2024-01-01T00:00:00',
      '0000-01-01T00:00:00Z',
      '2024-01-01T00:00:00+99:00',
      'yesterday',
    ]) {
      assertRefused(`at < timestamp("${text}")`, '1:16', 'no time of RFC 3339');
    }
    assertRefused('at < timestamp(1)', '1:6', 'one string of RFC 3339');
  });

  it('is refused when it is of another type than the attribute, naming both', () => {
    assertRefused('year == 1.5', '1:9', "'year' is int64", '1.5 is a double');
    assertRefused('year == 2.0', '1:9', '2.0 is a double');
    assertRefused('year == "2000"', '1:9', 'a string');
    assertRefused('lang == 1', '1:9', "'lang' is string", 'in quotes');
    assertRefused('price == "1"', '1:10', 'write a number');
    assertRefused('sold == 1', '1:9', 'write true or false');
    assertRefused('at == "2024-01-01T00:00:00Z"', '1:7', 'timestamp("');
    assertRefused('lang == timestamp("2024-01-01T00:00:00Z")', '1:19', "'lang' is string");
    assertRefused('lang in ["de", 1]', '1:16', '1 is an int64');
    assertRefused('1.0 in numbers', '1:1', '1.0 is a double');
    assertRefused('year == 1u', '1:9', 'leave out b and u');
    assertRefused('lang == b"x"', '1:9', 'leave out b and u');
  });
});
