import assert from 'node:assert/strict';
import { createIdHasher } from '../../../vector-index/id-hash.js';

describe('the hash of an id', () => {
  it('is XXH64 with seed 0 of the UTF-8 bytes, as the published test vectors have it', async () => {
    const hash = await createIdHasher();
    assert.equal(hash(''), 0xef46db3751d8e999n);
    assert.equal(hash('abc'), 0x44bc2cf5ad770999n);
  });
});
