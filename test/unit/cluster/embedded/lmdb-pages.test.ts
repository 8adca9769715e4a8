import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LmdbPages } from '../../../../cluster/embedded/lmdb-pages.js';
import { LmdbStore } from '../../../../cluster/embedded/lmdb-store.js';
import { folderPerTest } from '../../../temporary-folder.js';

describe('the pages of an lmdb file', () => {
  const folder = folderPerTest();
  const path = (): string => join(folder(), 'x.mdb');

  it('say what the last transaction left', async () => {
    const store = await LmdbStore.open(path(), { mapBytes: 1024 * 1024 });
    await store.commit([1, 2, 3].map((value) => ({ key: Buffer.from([value]), value: Buffer.alloc(6_000 * value) })));
    await store.commit([{ key: Buffer.from([3]), value: null }]);
    await store.close();
    const pages = new LmdbPages(path());
    const { main, lastPage, pageBytes, transaction } = pages.meta();
    pages.close();
    assert.deepEqual([main.entries, main.depth, main.leafPages, main.overflowPages], [3, 1, 1, 5]);
    assert.equal((lastPage + 1) * pageBytes, pages.fileBytes);
    assert.equal(transaction, 4);
  });

  it('are refused where the file is none of lmdb', () => {
    for (const bytes of [0, 100, 10_000]) {
      writeFileSync(path(), Buffer.alloc(bytes, 7));
      const pages = new LmdbPages(path());
      assert.throws(() => pages.meta(), { code: 'DATA_LOSS' });
      pages.close();
    }
  });
});
