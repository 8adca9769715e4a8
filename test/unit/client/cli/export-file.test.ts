import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { exportCollection } from '../../../../client/cli/export-file.js';
import { withClient } from '../with-client.js';
import { testContext } from './run-shoal.js';
import { folderOfSuite } from '../../../temporary-folder.js';

describe('an export', () => {
  const folder = folderOfSuite();

  it('is compressed where the file ends with .gz', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      await client.documents.upsert('notes', [{ id: '1', text: 'x' }]);
      const task = { context: testContext(), name: 'notes', withVectors: false };
      const files = [join(folder, 'a.jsonl'), join(folder, 'a.jsonl.gz')] as const;
      for (const file of files) assert.equal(await exportCollection(client, { ...task, file }), 1);
      assert.equal(readFileSync(files[0], 'utf8'), '{"_id":"1","text":"x"}\n');
      assert.equal(gunzipSync(readFileSync(files[1])).toString(), '{"_id":"1","text":"x"}\n');
    }));

  it('has the vectors of a collection without a model, which nothing could make again', () =>
    withClient(async (client) => {
      await client.collections.create('images', { model: 'none', dim: 2 });
      await client.documents.upsert('images', [{ id: '1', vector: Float32Array.of(0.5, 1) }]);
      const file = join(folder, 'images.jsonl');
      await exportCollection(client, { context: testContext(), name: 'images', withVectors: false, file });
      assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')).vector, [0.5, 1]);
    }));

  it('of an unknown collection is an error', () =>
    withClient(async (client) => {
      const task = { context: testContext(), name: 'none', withVectors: false };
      await assert.rejects(exportCollection(client, task), { code: 'NOT_FOUND' });
    }));
});
