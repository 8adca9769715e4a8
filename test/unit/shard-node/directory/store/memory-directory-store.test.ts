/** The twin in memory: the suite of every store, and what a crash leaves. */
import assert from 'node:assert/strict';
import { systemClock } from '../../../../../base/clock.js';
import { MemoryDirectoryDisk, MemoryDirectoryStore } from './memory-directory-store.js';
import { commitOf, entry, storeConformance } from './directory-store-conformance.js';

describe('a directory store in memory', () => {
  storeConformance(async (work) => {
    const disk = new MemoryDirectoryDisk();
    await work({
      open: async () => new MemoryDirectoryStore(disk, systemClock),
      setFull: (isFull) => {
        disk.isFull = isFull;
      },
    });
  });

  it('loses what was not committed when it crashes', async () => {
    const disk = new MemoryDirectoryDisk();
    const store = new MemoryDirectoryStore(disk, systemClock);
    await store.commit(commitOf(1n, { a: entry(1n) }));
    const underWay = store.commit(commitOf(2n, { a: entry(2n) }));
    await store.close();
    await assert.rejects(underWay, { code: 'UNAVAILABLE' });
    const after = new MemoryDirectoryStore(disk, systemClock);
    assert.deepEqual([after.marks.committed, after.get('a')], [1n, entry(1n)]);
  });
});
