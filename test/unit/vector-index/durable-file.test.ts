import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ShoalError } from '../../../base/errors.js';
import { diskError, writeDurably } from '../../../vector-index/durable-file.js';
import { inFolder } from '../../temporary-folder.js';
import { systemFiles } from '../../../vector-index/system-files.js';

describe('a durable file', () => {
  it('replaces the file before it and leaves nothing beside it', async () => {
    await inFolder(async (directory) => {
      await writeFile(join(directory, 'a'), 'a longer text than the new one');
      await writeDurably(systemFiles, join(directory, 'a'), Buffer.from('new'));
      assert.equal(await readFile(join(directory, 'a'), 'utf8'), 'new');
      assert.deepEqual(await readdir(directory), ['a']);
    });
  });

  it('that cannot be written leaves nothing beside it and the old one as it was', async () => {
    await inFolder(async (directory) => {
      await mkdir(join(directory, 'a'));
      await assert.rejects(writeDurably(systemFiles, join(directory, 'a'), Buffer.from('new')), { code: 'EISDIR' });
      assert.deepEqual(await readdir(directory), ['a']);
    });
  });

  it('says of a full disk and a full quota what to do, and leaves other errors alone', () => {
    for (const code of ['ENOSPC', 'EDQUOT']) {
      const error = diskError(Object.assign(new Error('write'), { code }), '/data/1/manifest') as ShoalError;
      assert.equal(error.code, 'RESOURCE_EXHAUSTED');
      assert.equal(error.message, `disk full: manifest could not be written under /data/1 (${code}); free disk space`);
    }
    const other = new Error('other');
    assert.equal(diskError(other, '/data/1/manifest'), other);
  });
});
