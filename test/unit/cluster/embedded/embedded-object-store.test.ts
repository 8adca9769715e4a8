import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openEmbeddedObjectStore } from '../../../../cluster/embedded/embedded-object-store.js';
import { rejectsWith } from '../../../cluster/rejects.js';
import { folderPerTest } from '../../../temporary-folder.js';

describe('the embedded object store', () => {
  const folder = folderPerTest();
  const openStore = () => openEmbeddedObjectStore({ directory: folder() });

  it('gives back what was put, also after a restart', async () => {
    await (await openStore()).put('codebooks/glosses/1', Buffer.from([1, 2, 3]));
    const bytes = await (await openStore()).get('codebooks/glosses/1');
    assert.deepEqual([...(bytes ?? [])], [1, 2, 3]);
  });

  it('keeps an empty object', async () => {
    const store = await openStore();
    await store.put('empty', new Uint8Array(0));
    assert.equal((await store.get('empty'))?.length, 0);
  });

  it('replaces an object', async () => {
    const store = await openStore();
    for (const text of ['one', 'two']) await store.put('a', Buffer.from(text));
    assert.equal(Buffer.from((await store.get('a')) ?? []).toString(), 'two');
  });

  it('gives null for an unknown object and forgets a deleted one', async () => {
    const store = await openStore();
    await store.put('a', Buffer.from('x'));
    await store.delete('a');
    await store.delete('a');
    assert.equal(await store.get('a'), null);
  });

  it('lists names under a prefix in ascending order', async () => {
    const store = await openStore();
    for (const name of ['b/2', 'a', 'b/10', 'b']) if (name !== 'b') await store.put(name, Buffer.from('x'));
    assert.deepEqual(await store.list('b/'), ['b/10', 'b/2']);
    assert.deepEqual(await store.list(''), ['a', 'b/10', 'b/2']);
  });

  it('says when an object is damaged or cut', async () => {
    const store = await openStore();
    await store.put('a', Buffer.from('content'));
    const path = join(folder(), 'objects', 'a');
    const file = await readFile(path);
    await writeFile(path, file.subarray(0, file.length - 1));
    await rejectsWith(
      store.get('a'),
      'DATA_LOSS',
      /object a .* is damaged; make a new collection from a backup: `shoal restore/,
    );
    file[file.length - 1] = 0;
    await writeFile(path, file);
    await rejectsWith(store.get('a'), 'DATA_LOSS');
  });

  it('refuses an object of a newer format, naming both', async () => {
    const store = await openStore();
    await store.put('a', Buffer.from('content'));
    const path = join(folder(), 'objects', 'a');
    const file = await readFile(path);
    file.writeUInt32LE(2, 4);
    await writeFile(path, file);
    await rejectsWith(store.get('a'), 'FAILED_PRECONDITION', /format 2.*format 1/);
  });

  for (const name of ['', '/a', 'a/', '../a', 'a/../b', 'A', '.a', 'a//b']) {
    it(`refuses the name ${JSON.stringify(name)}`, async () => {
      await rejectsWith((await openStore()).put(name, Buffer.from('x')), 'INVALID_ARGUMENT');
    });
  }
});
