import assert from 'node:assert/strict';
import { parseManifest, type ModelManifest } from '../../../../encoder-node/model/manifest.js';
import { defaultManifest } from '../../../../models/build/default-manifest.js';

const file = { bytes: 1, sha256: '0'.repeat(64) };
const files = { 'model.onnx': file, 'tokenizer.json': file, 'token-codec.bin': file };
const good = defaultManifest({ files, codecVersion: 'c1', sparseHead: null });

function parse(change: (manifest: ModelManifest) => unknown): ModelManifest {
  return parseManifest(JSON.stringify(change(good)), 'm/manifest.json');
}

describe('a model’s manifest', () => {
  it('is read as written', () => {
    assert.deepEqual(
      parse((manifest) => manifest),
      good,
    );
  });

  it('may describe the three heads of BGE-M3', () => {
    const m3 = parse((manifest) => ({
      ...manifest,
      family: 'bge-m3',
      outputs: {
        dense: { name: 'dense_vecs', pool: 'none', normalized: true, dim: 1024 },
        sparse: { name: 'sparse_vecs', isRectified: true, dropIds: [0, 1, 2, 3] },
        multi: { name: 'colbert_vecs', row0Token: 1, normalized: true, dim: 1024 },
      },
    }));
    assert.equal(m3.outputs.multi?.row0Token, 1);
  });

  it('may describe ColBERT’s markers and expansion', () => {
    const colbert = parse((manifest) => ({
      ...manifest,
      family: 'colbert',
      reduction: 'sum',
      query: { ...manifest.query, maxLength: 32, markerId: 1, expandTo: 32, expandId: 103, keepExpansion: true },
      document: { ...manifest.document, maxLength: 220, markerId: 2, skiplist: 'after' },
    }));
    assert.equal(colbert.query.expandId, 103);
  });

  it('is refused with the place of what is wrong', () => {
    assert.throws(() => parse((manifest) => ({ ...manifest, reduction: 'max' })), {
      code: 'INVALID_ARGUMENT',
      message: /m\/manifest.json is no valid model manifest: reduction: /,
    });
    assert.throws(() => parse((manifest) => ({ ...manifest, poolling: 1 })), {
      code: 'INVALID_ARGUMENT',
      message: /poolling/,
    });
    assert.throws(() => parseManifest('{', 'x'), { code: 'INVALID_ARGUMENT', message: /x is no JSON/ });
  });

  it('must list every file that it names, and no path', () => {
    assert.throws(() => parse((manifest) => ({ ...manifest, model: 'other.onnx' })), { message: /files: must list/ });
    assert.throws(() => parse((manifest) => ({ ...manifest, files: { ...manifest.files, '../x': file } })), {
      message: /files\.\.\.\/x: Invalid key/,
    });
  });

  it('has a token codec only with token vectors', () => {
    const change = (manifest: ModelManifest): unknown => ({
      ...manifest,
      outputs: { ...manifest.outputs, multi: null },
    });
    assert.throws(() => parse(change), { message: /tokenCodec: a token codec needs outputs.multi/ });
  });

  it('of format 1 has no sparse head and succeeds none', () => {
    const { sparseHead, succeeds, ...earlier } = good;
    assert.deepEqual([sparseHead, succeeds], [null, []]);
    assert.deepEqual(
      parse(() => ({ ...earlier, format: 1 })),
      { ...good, format: 1 },
    );
  });

  it('has a sparse head only with token vectors, as a file that it lists', () => {
    const sparseHead = { file: 'sparse-head.bin', training: { text: 't', passages: 1, seed: 0 }, quality: {} };
    assert.throws(() => parse((manifest) => ({ ...manifest, sparseHead })), { message: /files: must list/ });
    const listed = { ...good, sparseHead, files: { ...files, 'sparse-head.bin': file } };
    assert.deepEqual(
      parse(() => listed),
      listed,
    );
    const bare = { ...listed, tokenCodec: null, outputs: { ...good.outputs, multi: null } };
    assert.throws(() => parse(() => bare), { message: /sparseHead: a sparse head needs outputs.multi/ });
  });

  it('of a newer format is refused as such, whatever else it holds', () => {
    assert.throws(() => parseManifest('{"format":3,"new":true}', 'm'), {
      code: 'FAILED_PRECONDITION',
      message: /format 3, this version reads up to 2; use a newer Shoal/,
    });
  });
});
