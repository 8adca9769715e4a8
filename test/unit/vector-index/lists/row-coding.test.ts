import assert from 'node:assert/strict';
import { listsMax } from '../../../../vector-index/codebook/structure.js';
import { noList } from '../../../../vector-index/lists/row-coding.js';

describe('the second list that a row does not have', () => {
  it('is none that a structure may have, as uint32', () => {
    assert.ok(noList >= listsMax);
    assert.equal(Uint32Array.of(noList)[0], noList);
  });
});
