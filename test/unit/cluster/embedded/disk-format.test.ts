import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  assertRoom,
  checkFormat,
  diskError,
  ensureDirectory,
  inFolder,
  writeDurably,
} from '../../../../cluster/embedded/disk-format.js';
import { rejectsWith } from '../../../cluster/rejects.js';
import { folderPerTest } from '../../../temporary-folder.js';

describe('a format file', () => {
  const folder = folderPerTest();

  it('is written into a new folder and accepted again', async () => {
    const directory = join(folder(), 'deep', 'new');
    await checkFormat(directory, 'log', 3);
    await checkFormat(directory, 'log', 3);
    assert.deepEqual(await readdir(directory), ['format']);
  });

  it('of a newer version is refused, naming both', async () => {
    await checkFormat(folder(), 'log', 4);
    const message = /the log in .* has format 4, .* reads format 3 at most; use the newer version/;
    await rejectsWith(checkFormat(folder(), 'log', 3), 'FAILED_PRECONDITION', message);
  });

  it('that says nothing readable is refused', async () => {
    await writeFile(join(folder(), 'format'), 'hello');
    await rejectsWith(checkFormat(folder(), 'log', 3), 'FAILED_PRECONDITION', /"hello"/);
  });
});

describe('a durable write', () => {
  const folder = folderPerTest();

  it('replaces the file and leaves nothing beside it', async () => {
    const path = join(folder(), 'file');
    await writeDurably(path, `${path}.new`, [Buffer.from('one')]);
    await writeDurably(path, `${path}.new`, [Buffer.from('t'), Buffer.from('wo')]);
    assert.equal(await readFile(path, 'utf8'), 'two');
    assert.deepEqual(await readdir(folder()), ['file']);
  });

  it('may go into a folder that exists already', async () => {
    await mkdir(join(folder(), 'there'));
    await ensureDirectory(join(folder(), 'there'));
  });
});

describe('a disk error', () => {
  const folder = folderPerTest();

  it('says that the disk is full', async () => {
    const error = await diskError(new Error('ENOSPC: no space left on device'), 'a record', folder());
    assert.equal(error.code, 'RESOURCE_EXHAUSTED');
    assert.match(error.message, /is full: a record was not stored; make room/);
  });

  it('is UNAVAILABLE for any other fault', async () => {
    const error = await diskError(new Error('EIO'), 'a record', folder());
    assert.equal(error.code, 'UNAVAILABLE');
  });

  it('comes before a write that cannot fit', async () => {
    await assertRoom(folder(), 0, 'nothing');
    await rejectsWith(assertRoom(folder(), 2 ** 60, 'an exabyte'), 'RESOURCE_EXHAUSTED', /an exabyte was not stored/);
  });
});

describe('a data folder', () => {
  const folder = folderPerTest();

  it('is made with its parents, also by two at once', async () => {
    const directory = join(folder(), 'a', 'b', 'c');
    await Promise.all([ensureDirectory(directory), ensureDirectory(join(directory, 'd'))]);
    assert.deepEqual(await readdir(directory), ['d']);
  });

  it('is refused where there can be none, saying why and what to do', async function () {
    const file = join(folder(), 'file');
    await writeFile(file, '');
    const other = /choose another folder with --data$/;
    await rejectsWith(ensureDirectory(file), 'FAILED_PRECONDITION', /file cannot hold data: it is a file; /);
    await rejectsWith(ensureDirectory(join(file, 'below')), 'FAILED_PRECONDITION', /a part of its path is a file/);
    await rejectsWith(checkFormat(file, 'data', 1), 'FAILED_PRECONDITION', other);
    if (existsSync('/proc/self')) {
      await rejectsWith(
        ensureDirectory('/proc/x/y'),
        'FAILED_PRECONDITION',
        /takes no files and folders there .*--data$/,
      );
      await rejectsWith(checkFormat('/proc', 'data', 1), 'FAILED_PRECONDITION', other);
    }
  });

  it('that may not be written is told from one that cannot', async () => {
    const refuse = (code: string) => () => Promise.reject(Object.assign(new Error('mkdir'), { code }));
    const rights = '^this process may not write to /data \\(EACCES\\); give it the rights, or choose another folder';
    await rejectsWith(inFolder('/data', refuse('EACCES')), 'PERMISSION_DENIED', new RegExp(rights));
    await rejectsWith(inFolder('/data', refuse('EROFS')), 'FAILED_PRECONDITION', /is read-only/);
    await rejectsWith(inFolder('/data', refuse('ENOSPC')), 'RESOURCE_EXHAUSTED', /disk under \/data is full/);
  });
});
