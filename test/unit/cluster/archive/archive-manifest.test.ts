import assert from 'node:assert/strict';
import { digestOf, encodeManifest, parseManifest } from '../../../../cluster/archive/archive-manifest.js';
import { limits } from '../../../../base/limits.js';
import { signed, soundJson } from './hostile-manifests.js';
import { smallArchive } from './small-archive.js';

describe('the manifest of a backup', () => {
  it('is read as it was written', () => {
    const { manifest } = smallArchive();
    const read = parseManifest(encodeManifest(manifest));
    assert.deepEqual(
      { ...read, settings: Buffer.from(read.settings) },
      { ...manifest, settings: Buffer.from(manifest.settings) },
    );
  });

  it('is damaged when any bit of it is another, or its end is missing', () => {
    const bytes = encodeManifest(smallArchive().manifest);
    for (let at = 0; at < bytes.length; at += 37) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (at % 8);
      assert.throws(() => parseManifest(flipped), { code: 'DATA_LOSS', message: /checksum of backup-manifest/ });
      assert.throws(() => parseManifest(bytes.subarray(0, at)), { code: 'DATA_LOSS' });
    }
  });

  it('of a newer format is not read', () => {
    const newer = { ...soundJson(), format: 2, members: 'other' };
    assert.throws(() => parseManifest(signed(newer)), { code: 'FAILED_PRECONDITION', message: /format 2.*up to 1/ });
  });

  it('is refused beyond the size of a message, and when it is no JSON', () => {
    assert.throws(() => parseManifest(Buffer.alloc(limits.messageBytesMax + 1)), { code: 'INVALID_ARGUMENT' });
    const text = Buffer.from('not json\n');
    const nonsense = Buffer.concat([text, Buffer.from(`${digestOf(text)}\n`)]);
    assert.throws(() => parseManifest(nonsense), { code: 'INVALID_ARGUMENT', message: /no JSON/ });
  });
});
