/** What is a time of RFC 3339, and which. */
import assert from 'node:assert/strict';
import { isTimestamp, timestampFrom } from '../../../proto/timestamp.js';

const iso = (text: string): string | null => timestampFrom(text)?.toISOString() ?? null;

describe('a time of RFC 3339', () => {
  it('has an offset, and is kept to the millisecond', () => {
    assert.equal(iso('2026-01-31T12:00:00Z'), '2026-01-31T12:00:00.000Z');
    assert.equal(iso('2026-01-31t12:00:00.5z'), '2026-01-31T12:00:00.500Z');
    assert.equal(iso('2026-01-31 12:00:00.123999999+02:30'), '2026-01-31T09:30:00.123Z');
    assert.equal(iso('0001-01-01T00:00:00Z'), '0001-01-01T00:00:00.000Z');
    assert.equal(iso('2024-02-29T23:59:59-00:00'), '2024-02-29T23:59:59.000Z');
  });

  it('is a day of the calendar within the years 1 to 9999', () => {
    for (const text of [
      '2026-02-30T00:00:00Z',
      '2026-02-29T00:00:00Z',
      '2026-04-31T10:00:00+02:00',
      '2026-13-01T00:00:00Z',
      '2026-01-01T24:00:00Z',
      '2026-01-01T12:00:00',
      '2026-01-01',
      '0000-12-31T00:00:00Z',
      '0001-01-01T00:00:00+01:00',
      '9999-12-31T23:59:59-01:00',
    ])
      assert.equal(iso(text), null, text);
    assert.equal(isTimestamp(new Date('+010000-01-01T00:00:00Z')), false);
    assert.equal(isTimestamp(new Date(Number.NaN)), false);
    assert.ok(isTimestamp(new Date(0)));
  });
});
