import assert from 'node:assert/strict';
import { jsonText } from '../../../../client/cli/json.js';

describe('JSON of commands', () => {
  it('has bigint as decimal strings and times as RFC 3339', () => {
    const value = { docId: 18_446_744_073_709_551_615n, at: new Date(0), deep: [{ n: 1n }], text: 'a\nb' };
    assert.equal(
      jsonText(value),
      '{"docId":"18446744073709551615","at":"1970-01-01T00:00:00.000Z","deep":[{"n":"1"}],"text":"a\\nb"}',
    );
  });
});
