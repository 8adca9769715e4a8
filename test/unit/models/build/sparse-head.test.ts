import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { placeSparseHead, presentManifest } from '../../../../models/build/sparse-head.js';
import { parseSparseHead } from '../../../../vector-index/codebook/sparse-head.js';
import { inFolder } from '../../../temporary-folder.js';
import { withTinyModel } from '../../encoder-node/tiny-model.js';

describe('the sparse head of a model folder', () => {
  it('is taken over from what training wrote, with what it learned from and is worth', async () => {
    await inFolder(async (folder) => {
      const facts = { training: { text: 't', passages: 3, seed: 1 }, quality: { med: { bm25: 0.5, head: 0.6 } } };
      const head = { queries: [1, 2, 3], documents: [4, 5, 6] };
      await writeFile(join(folder, 'trained.json'), JSON.stringify({ ...head, inputDim: 2, ...facts }));
      const entry = await placeSparseHead(join(folder, 'trained.json'), folder);
      assert.deepEqual(entry, { file: 'sparse-head.bin', ...facts });
      const { queries, documents } = parseSparseHead(await readFile(join(folder, entry.file)), 2);
      assert.deepEqual([[...queries], [...documents]], [head.queries, head.documents]);
    });
  });

  it('is refused from a file of another kind', async () => {
    await inFolder(async (folder) => {
      await writeFile(join(folder, 'trained.json'), '{"queries":[1]}');
      await assert.rejects(placeSparseHead(join(folder, 'trained.json'), folder), /documents/);
    });
  });
});

describe('the manifest of a model folder', () => {
  it('is read where there is one', async () => {
    await withTinyModel(async (folder) => assert.equal((await presentManifest(folder))?.name, 'tiny'));
    await inFolder(async (folder) => assert.equal(await presentManifest(folder), null));
  });
});
