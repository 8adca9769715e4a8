import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ShoalError } from '../../../../base/errors.js';
import type { ShoalClient } from '../../../../client/sdk/connect.js';
import { exportCollection } from '../../../../client/cli/export-file.js';
import { withClient } from '../with-client.js';
import { testContext } from './run-shoal.js';
import { folderOfSuite } from '../../../temporary-folder.js';

/** The first line says what the collection is. */
function lastLine(bytes: Buffer): string {
  const lines = bytes.toString().trimEnd().split('\n');
  assert.match(lines[0] ?? '', /^\{"shoal":/);
  return lines.at(-1) ?? '';
}

describe('an export', () => {
  const folder = folderOfSuite();

  it('is compressed where the file ends with .gz', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      await client.documents.upsert('notes', [{ id: '1', text: 'x' }]);
      const task = { context: testContext(), name: 'notes', withVectors: false };
      const files = [join(folder, 'a.jsonl'), join(folder, 'a.jsonl.gz')] as const;
      for (const file of files) assert.equal(await exportCollection(client, { ...task, file }), 1);
      assert.equal(lastLine(readFileSync(files[0])), '{"_id":"1","text":"x"}');
      assert.equal(lastLine(gunzipSync(readFileSync(files[1]))), '{"_id":"1","text":"x"}');
    }));

  it('has the vectors of a collection without a model, which nothing could make again', () =>
    withClient(async (client) => {
      await client.collections.create('images', { model: 'none', dim: 2 });
      await client.documents.upsert('images', [{ id: '1', vector: Float32Array.of(0.5, 1) }]);
      const file = join(folder, 'images.jsonl');
      await exportCollection(client, { context: testContext(), name: 'images', withVectors: false, file });
      assert.deepEqual(JSON.parse(lastLine(readFileSync(file))).vector, [0.5, 1]);
    }));

  it('that fails leaves the file before it, and nothing beside it', () =>
    withClient(async (client) => {
      await client.collections.create('broken');
      await client.documents.upsert('broken', [{ id: '1', text: 'new' }]);
      const own = join(folder, 'broken');
      mkdirSync(own);
      const file = join(own, 'broken.jsonl');
      writeFileSync(file, 'old');
      // Somebody's own, whatever its name.
      writeFileSync(`${file}.partial`, 'precious');
      const scroll = async function* (...args: Parameters<typeof client.documents.scroll>): AsyncGenerator<never> {
        for await (const document of client.documents.scroll(...args)) {
          yield document as never;
          const [beside, ...rest] = readdirSync(own);
          assert.match(beside ?? '', /^\.shoal-export-/);
          assert.deepEqual(rest, ['broken.jsonl', 'broken.jsonl.partial']);
          throw new ShoalError('UNAVAILABLE', 'the node is away');
        }
      };
      const { collections, documents } = client;
      const count = documents.count.bind(documents);
      const failing = { collections, documents: { count, scroll } } as unknown as ShoalClient;
      const task = { context: testContext(), name: 'broken', withVectors: false, file };
      await assert.rejects(exportCollection(failing, task), { code: 'UNAVAILABLE' });
      assert.deepEqual(
        [readdirSync(own), readFileSync(file, 'utf8')],
        [['broken.jsonl', 'broken.jsonl.partial'], 'old'],
      );
      assert.equal(await exportCollection(client, task), 1);
      assert.deepEqual(
        [readdirSync(own), lastLine(readFileSync(file))],
        [['broken.jsonl', 'broken.jsonl.partial'], '{"_id":"1","text":"new"}'],
      );
    }));

  it('goes to a device as it is, and through a link to what it names', () =>
    withClient(async (client) => {
      await client.collections.create('linked');
      const [file, link] = [join(folder, 'real.jsonl'), join(folder, 'link.jsonl')];
      writeFileSync(file, 'old');
      symlinkSync(file, link);
      const task = { context: testContext(), name: 'linked', withVectors: false };
      for (const each of ['/dev/null', link]) await exportCollection(client, { ...task, file: each });
      assert.ok(lstatSync('/dev/null').isCharacterDevice() && lstatSync(link).isSymbolicLink());
      assert.match(readFileSync(file, 'utf8'), /^\{"shoal":.*\}\n$/);
    }));

  it('to a place where nothing can be written is the caller’s mistake', () =>
    withClient(async (client) => {
      await client.collections.create('placeless');
      const task = { context: testContext(), name: 'placeless', withVectors: false };
      await assert.rejects(exportCollection(client, { ...task, file: join(folder, 'no', 'such', 'x.jsonl') }), {
        code: 'INVALID_ARGUMENT',
        message: /^cannot write .*x\.jsonl: ENOENT.*; name another file and export again$/,
      });
    }));

  it('of an unknown collection is an error', () =>
    withClient(async (client) => {
      const task = { context: testContext(), name: 'none', withVectors: false };
      await assert.rejects(exportCollection(client, task), { code: 'NOT_FOUND' });
    }));
});
