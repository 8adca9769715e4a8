/** A docId names record and position. */
import assert from 'node:assert/strict';
import { docIdOf, sequenceOf } from '../../../../cluster/log/doc-id.js';

describe('a docId', () => {
  it('names record and position, and grows with both', () => {
    assert.equal(docIdOf(1n, 0), 4_096n);
    assert.equal(docIdOf(3n, 4_095) + 1n, docIdOf(4n, 0));
    for (const position of [0, 1, 4_095])
      assert.equal(sequenceOf(docIdOf(123_456_789_012n, position)), 123_456_789_012n);
  });
});
