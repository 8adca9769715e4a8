import assert from 'node:assert/strict';
import { openSealed, sealValue } from '../../../../cluster/embedded/sealed-value.js';

describe('a sealed value', () => {
  const key = Buffer.from('key');

  for (const content of ['', 'content']) {
    it(`gives back ${JSON.stringify(content)}`, () => {
      assert.equal(openSealed(key, sealValue(key, Buffer.from(content)), 'here').toString(), content);
    });
  }

  it('is refused when one bit of it or of its key is changed, or an end is lost', () => {
    const sealed = sealValue(key, Buffer.from('content'));
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      assert.throws(() => openSealed(key, changed, 'here'), {
        code: 'DATA_LOSS',
        message: /here.*"key".*`shoal restore FOLDER NAME`$/,
      });
    }
    assert.throws(() => openSealed(Buffer.from('kez'), sealed, 'here'), { code: 'DATA_LOSS' });
    for (let bytes = 0; bytes < sealed.length; bytes += 1) {
      assert.throws(() => openSealed(key, sealed.subarray(0, bytes), 'here'), { code: 'DATA_LOSS' });
    }
  });
});
