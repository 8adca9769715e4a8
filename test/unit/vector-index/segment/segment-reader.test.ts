import assert from 'node:assert/strict';
import { idKey } from '../../../../vector-index/segment/segment-reader.js';

describe('the key of an id', () => {
  it('has both halves of the hash', () => {
    const hash = 0xfedc_ba98_7654_3210n;
    assert.deepEqual(idKey('a', hash), { id: 'a', hash, low: 0x7654_3210, high: 0xfedc_ba98 });
  });
});
