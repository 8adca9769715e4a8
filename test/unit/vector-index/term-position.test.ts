import assert from 'node:assert/strict';
import { termPosition } from '../../../vector-index/term-position.js';

describe('the position of a term', () => {
  it('is found for every term, and for none that is absent', () => {
    for (let size = 0; size < 20; size += 1) {
      const termIds = Uint32Array.from({ length: size }, (_, at) => 2 * at + 1);
      for (let termId = 0; termId <= 2 * size + 1; termId += 1)
        assert.equal(termPosition(termIds, termId), termIds.indexOf(termId));
    }
  });

  it('may be that of the largest term', () => assert.equal(termPosition(Uint32Array.of(7, 0xffffffff), 0xffffffff), 1));
});
