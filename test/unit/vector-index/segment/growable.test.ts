import assert from 'node:assert/strict';
import { grown } from '../../../../vector-index/segment/growable.js';

describe('a growing column', () => {
  it('stays itself while there is room', () => {
    const column = new Uint32Array(8);
    assert.equal(grown(column, 8), column);
  });

  it('keeps its values and type, and leaves views of the old one alone', () => {
    const old = BigUint64Array.of(1n, 2n);
    const larger = grown(old, 3);
    larger[0] = 9n;
    assert.ok(larger instanceof BigUint64Array && larger.length >= 3);
    assert.deepEqual([larger[1], old[0]], [2n, 1n]);
  });
});
