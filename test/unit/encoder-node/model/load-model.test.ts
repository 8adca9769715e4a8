import assert from 'node:assert/strict';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadModel } from '../../../../encoder-node/model/load-model.js';
import { manifestIn, tinyCodec, tinySparseHead, withTinyHead, withTinyModel } from '../tiny-model.js';

describe('loading a model', () => {
  it('gives its tokenizer, its codec and a digest that is the manifest’s', async () => {
    await withTinyModel(async (folder) => {
      const model = await loadModel(folder);
      assert.equal(model.manifest.name, 'tiny');
      assert.equal(model.codec?.version, tinyCodec().version);
      assert.equal(model.tokenizer.tokenOf(model.tokenizer.startId), '[CLS]');
      const { digest } = model;
      await writeFile(
        join(folder, 'manifest.json'),
        JSON.stringify({ ...(await manifestIn(folder)), description: 'other' }),
      );
      assert.notEqual((await loadModel(folder)).digest, digest);
    });
  });

  it('refuses a file with a wrong checksum', async () => {
    for (const name of ['model.onnx', 'tokenizer.json', 'token-codec.bin']) {
      await withTinyModel(async (folder) => {
        await appendFile(join(folder, name), ' ');
        await assert.rejects(loadModel(folder), {
          code: 'DATA_LOSS',
          message: new RegExp(`${name} is damaged or another file.*copy the model again`),
        });
      });
    }
  });

  it('says which file is missing', async () => {
    await withTinyModel(async (folder) => {
      await rm(join(folder, 'model.onnx'));
      await assert.rejects(loadModel(folder), { code: 'NOT_FOUND', message: /model.onnx cannot be read/ });
    });
    await assert.rejects(loadModel('/nowhere'), { code: 'NOT_FOUND', message: /there is no model in \/nowhere/ });
  });

  it('refuses a codec other than the manifest names', async () => {
    const change = (manifest: object): object => ({
      ...manifest,
      tokenCodec: { file: 'token-codec.bin', version: 'other' },
    });
    await withTinyModel(
      (folder) => assert.rejects(loadModel(folder), { code: 'INTERNAL', message: /token codec of tiny/ }),
      change,
    );
  });

  it('gives the sparse head where the manifest names one', async () => {
    await withTinyModel(async (folder) => {
      assert.deepEqual((await loadModel(folder)).sparseHead, tinySparseHead());
      await appendFile(join(folder, 'sparse-head.bin'), ' ');
      await assert.rejects(loadModel(folder), { code: 'DATA_LOSS', message: /sparse-head.bin is damaged/ });
    }, withTinyHead);
    await withTinyModel(async (folder) => assert.equal((await loadModel(folder)).sparseHead, null));
  });

  it('loads a model without a codec', async () => {
    const change = (manifest: object): object => ({ ...manifest, tokenCodec: null });
    await withTinyModel(async (folder) => assert.equal((await loadModel(folder)).codec, null), change);
  });
});
