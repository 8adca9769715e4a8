/** The default model as it is shipped: whole, and what its manifest says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { loadModel } from '../../../../encoder-node/model/load-model.js';
import { defaultManifest } from '../../../../models/build/default-manifest.js';
import type { ModelManifest } from '../../../../encoder-node/model/manifest.js';

describe('the default model', () => {
  it('is whole, with the codec that its manifest names', async () => {
    const { manifest, codec } = await loadModel('models/default');
    assert.equal(manifest.name, 'shoal-base-en');
    assert.equal(codec?.nbits, 2);
    assert.equal(codec.dim, 384);
  });

  it('has the manifest that the build writes', () => {
    const shipped = JSON.parse(readFileSync('models/default/manifest.json', 'utf8')) as ModelManifest;
    assert.deepEqual(shipped, defaultManifest(shipped.files, shipped.tokenCodec?.version ?? null));
  });

  it('carries the licence of its weights', () => {
    assert.match(
      readFileSync('models/default/LICENSE', 'utf8'),
      /MIT License[^]*BAAI\/bge-small-en-v1.5|BAAI\/bge-small-en-v1.5[^]*MIT/,
    );
  });
});
