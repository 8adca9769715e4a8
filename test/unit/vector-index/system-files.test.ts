/** The machine's files do what the contract says. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemFiles } from '../../../vector-index/system-files.js';
import { inFolder } from '../../temporary-folder.js';

describe('the files of the machine', () => {
  it('are written from their beginning, renamed over others, listed, mapped and removed', async () => {
    await inFolder(async (root) => {
      const folder = join(root, 'a', 'b');
      await systemFiles.makeDirectory(folder);
      await systemFiles.makeDirectory(folder);
      const path = join(folder, 'one');
      await writeFile(path, 'something longer');
      const file = await systemFiles.create(path);
      await file.write(Buffer.from('ab'));
      await file.write(Buffer.from('cd'));
      await file.sync();
      await file.close();
      await file.close();
      assert.equal(await readFile(path, 'utf8'), 'abcd');
      await writeFile(join(folder, 'two'), 'x');
      await systemFiles.rename(path, join(folder, 'two'));
      await systemFiles.syncDirectory(folder);
      assert.deepEqual(await systemFiles.list(folder), ['two']);
      assert.equal((await systemFiles.read(join(folder, 'two'))).toString(), 'abcd');
      const map = systemFiles.map(join(folder, 'two'));
      assert.equal(Buffer.from(map.bytes).toString(), 'abcd');
      map.close();
      await systemFiles.remove(join(folder, 'two'));
      await systemFiles.remove(join(folder, 'two'));
      await systemFiles.removeDirectory(join(root, 'a'));
      await systemFiles.removeDirectory(join(root, 'a'));
      assert.deepEqual(await systemFiles.list(root), []);
    });
  });

  it('fail with the codes of the system', async () => {
    await inFolder(async (root) => {
      await assert.rejects(systemFiles.read(join(root, 'none')), { code: 'ENOENT' });
      await assert.rejects(systemFiles.list(join(root, 'none')), { code: 'ENOENT' });
      await assert.rejects(systemFiles.create(join(root, 'none', 'file')), { code: 'ENOENT' });
      assert.throws(() => systemFiles.map(join(root, 'none')), { code: 'NOT_FOUND' });
    });
  });
});
