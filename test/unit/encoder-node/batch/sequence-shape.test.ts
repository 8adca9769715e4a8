import assert from 'node:assert/strict';
import { sequenceShape } from '../../../../encoder-node/batch/sequence-shape.js';
import { TextTokenizer } from '../../../../encoder-node/tokenizer/tokenizer.js';
import { defaultManifest } from '../../../../models/build/default-manifest.js';
import { tinyTokenizer } from '../tiny-model.js';

describe('what a tokenizer makes of the manifest’s strings', () => {
  it('is the prefix’s ids, the tokens around a text and the punctuation', () => {
    const manifest = defaultManifest({ files: {}, codecVersion: null, sparseHead: null });
    const tokenizer = new TextTokenizer(tinyTokenizer());
    const shape = sequenceShape({
      manifest: { ...manifest, query: { ...manifest.query, prefix: 'fish!' } },
      tokenizer,
    });
    assert.deepEqual(
      shape.queryPrefix.map((id) => tokenizer.tokenOf(id)),
      ['fish', '!'],
    );
    assert.deepEqual(shape.documentPrefix, []);
    assert.deepEqual([shape.startId, shape.endId], [2, 3]);
    assert.ok(shape.punctuation.has(tokenizer.idsOf(',')[0] ?? -1));
    assert.ok(!shape.punctuation.has(tokenizer.idsOf('fish')[0] ?? -1));
  });
});
