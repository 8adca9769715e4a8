/** The default model as it is shipped: whole, and what its manifest says. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
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
    const { files, tokenCodec, sparseHead } = shipped;
    assert.deepEqual(shipped, defaultManifest({ files, codecVersion: tokenCodec?.version ?? null, sparseHead }));
  });

  it('has a sparse head that gains over BM25 on every collection that its manifest names, and a hundredth on average', async () => {
    const { manifest, sparseHead } = await loadModel('models/default');
    assert.equal(sparseHead?.queries.length, 385);
    const gains = Object.values(manifest.sparseHead?.quality ?? {}).map(({ bm25, head }) => head - bm25);
    assert.equal(gains.length, 6);
    assert.ok(gains.every((gain) => gain > 0));
    assert.ok(gains.reduce((sum, gain) => sum + gain, 0) / gains.length > 0.01);
  });

  it('succeeds the very same files without a head', () => {
    const shipped = JSON.parse(readFileSync('models/default/manifest.json', 'utf8')) as ModelManifest;
    const { sparseHead, succeeds, files, ...rest } = shipped;
    const { 'sparse-head.bin': head, ...others } = files;
    assert.ok(sparseHead !== null && head !== undefined);
    const earlier = `${JSON.stringify({ ...rest, format: 1, files: others }, null, 2)}\n`;
    assert.deepEqual(succeeds, [createHash('sha256').update(earlier).digest('hex')]);
  });

  it('carries the licence of its weights', () => {
    assert.match(
      readFileSync('models/default/LICENSE', 'utf8'),
      /MIT License[^]*BAAI\/bge-small-en-v1.5|BAAI\/bge-small-en-v1.5[^]*MIT/,
    );
  });
});
