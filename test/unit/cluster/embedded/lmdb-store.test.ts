import assert from 'node:assert/strict';
import { join } from 'node:path';
import { LmdbStore } from '../../../../cluster/embedded/lmdb-store.js';
import { folderPerTest } from '../../../temporary-folder.js';

describe('an lmdb file', () => {
  const folder = folderPerTest();
  const key = (text: string): Buffer => Buffer.from(text);
  const path = (): string => join(folder(), 'x.mdb');
  const openStore = (): Promise<LmdbStore> => LmdbStore.open(path(), { mapBytes: 1024 * 1024 });

  it('shows what was committed at once, and after opening again', async () => {
    const store = await openStore();
    await store.commit([{ key: key('a'), value: Buffer.from('1') }]);
    assert.equal(store.get(key('a'))?.toString(), '1');
    await store.close();
    await store.close();
    const again = await openStore();
    assert.equal(again.get(key('a'))?.toString(), '1');
    await again.close();
  });

  it('writes and removes in one transaction', async () => {
    const store = await openStore();
    await store.commit([{ key: key('a'), value: Buffer.from('1') }]);
    await store.commit([
      { key: key('a'), value: null },
      { key: key('absent'), value: null },
      { key: key('b'), value: new Uint8Array([50]) },
    ]);
    assert.equal(store.get(key('a')), undefined);
    assert.equal(store.get(key('b'))?.toString(), '2');
    assert.equal(store.commits, 2);
    await store.close();
  });

  it('gives keys in order within a range', async () => {
    const store = await openStore();
    await store.commit(['c', 'a', 'b', 'd'].map((text) => ({ key: key(text), value: Buffer.from('x') })));
    const keys = store.keys({ start: key('a'), end: key('d'), limit: 2 });
    assert.deepEqual(
      keys.map((each) => each.toString()),
      ['a', 'b'],
    );
    await store.close();
  });

  it('grows beyond its first map', async () => {
    const store = await openStore();
    for (let i = 0; i < 8; i += 1) await store.commit([{ key: key(`k${i}`), value: Buffer.alloc(1_000_000, i) }]);
    for (let i = 0; i < 8; i += 1) assert.ok(store.get(key(`k${i}`))?.equals(Buffer.alloc(1_000_000, i)));
    await store.close();
  });
});
