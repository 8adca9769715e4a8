import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../../vector-index/durable-file.js';
import { inFolder } from '../../temporary-folder.js';

describe('a durable file', () => {
  it('replaces the file before it and leaves nothing beside it', async () => {
    await inFolder(async (directory) => {
      await writeFile(join(directory, 'a'), 'a longer text than the new one');
      await writeDurably(join(directory, 'a'), Buffer.from('new'));
      assert.equal(await readFile(join(directory, 'a'), 'utf8'), 'new');
      assert.deepEqual(await readdir(directory), ['a']);
    });
  });
});
