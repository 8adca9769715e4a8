/** The hash is XXH64 with seed 0, which other programs compute alike: its published values must not change. */
import assert from 'node:assert/strict';
import { hashBytes, hashText } from '../../../base/hash.js';

describe('the hash', () => {
  it('gives the known values of XXH64 with seed 0', () => {
    assert.equal(hashText(''), 0xef46db3751d8e999n);
    assert.equal(hashText('a'), 0xd24ec4f1a98c6e5bn);
    assert.equal(hashText('abc'), 0x44bc2cf5ad770999n);
  });

  it('of a text is the one of its UTF-8 bytes', () => {
    for (const text of ['cobbler', 'Zürich', '検索', '🐟']) {
      assert.equal(hashText(text), hashBytes(new TextEncoder().encode(text)));
    }
  });

  it('covers the part that a view covers', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    assert.equal(hashBytes(bytes.subarray(1, 3)), hashBytes(Uint8Array.of(2, 3)));
  });
});
