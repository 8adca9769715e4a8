import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { abandonedMs, Snapshots } from '../../../../shard-node/transfer/snapshots.js';
import type { IndexSnapshot } from '../../../../vector-index/maintenance/index-snapshot.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { FakeClock } from '../../../fake-clock.js';
import { folderPerTest } from '../../../temporary-folder.js';
import { silent } from '../fixtures.js';

describe('a snapshot that is read', () => {
  const folder = folderPerTest();
  const rig = (): {
    clock: FakeClock;
    snapshots: Snapshots;
    released: number[];
    take: () => Promise<IndexSnapshot>;
  } => {
    const clock = new FakeClock();
    const released: number[] = [];
    const files = ['one', 'two'].map((name) => {
      writeFileSync(join(folder(), name), `the file ${name}`);
      return { name, path: join(folder(), name), bytes: 12 };
    });
    const take = async (): Promise<IndexSnapshot> => ({
      files,
      marks: new Map([['s', 7n]]),
      release: async () => void released.push(1),
    });
    return { clock, snapshots: new Snapshots({ files: systemFiles, clock, logger: silent }), released, take };
  };
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

  it('gives the bytes of its files in pieces, and is released once', async () => {
    const { snapshots, released, take } = rig();
    const { number, marks, files } = await snapshots.open(take);
    assert.deepEqual([[...marks], files.map(({ name }) => name)], [[['s', 7n]], ['one', 'two']]);
    assert.equal(text(snapshots.read(number, { file: 0, offset: 4, limit: 4 })), 'file');
    assert.equal(text(snapshots.read(number, { file: 1, offset: 9, limit: 100 })), 'two');
    assert.equal(text(snapshots.read(number, { file: 0, offset: 12, limit: 100 })), '');
    assert.throws(() => snapshots.read(number, { file: 2, offset: 0, limit: 1 }), { code: 'NOT_FOUND' });
    await snapshots.release(number);
    await snapshots.release(number);
    assert.deepEqual(released, [1]);
    assert.throws(() => snapshots.read(number, { file: 0, offset: 0, limit: 1 }), { code: 'NOT_FOUND' });
  });

  it('is DATA_LOSS when a file was cut short since it was taken', async () => {
    const { snapshots, take } = rig();
    const { number } = await snapshots.open(take);
    truncateSync(join(folder(), 'two'), 4);
    assert.equal(text(snapshots.read(number, { file: 0, offset: 0, limit: 3 })), 'the');
    const read = (): unknown => snapshots.read(number, { file: 1, offset: 0, limit: 3 });
    assert.throws(read, { code: 'DATA_LOSS', message: /two was cut short/ });
  });

  it('is given up when nobody reads it any more, and not before', async () => {
    const { snapshots, released, take, clock } = rig();
    const { number } = await snapshots.open(take);
    await clock.advance(abandonedMs - 1);
    snapshots.read(number, { file: 0, offset: 0, limit: 1 });
    await clock.advance(abandonedMs - 1);
    assert.deepEqual(released, []);
    await clock.advance(1);
    assert.deepEqual([released, clock.pending], [[1], 0]);
  });

  it('is released when the node stops', async () => {
    const { snapshots, released, take, clock } = rig();
    await snapshots.open(take);
    await snapshots.open(take);
    await snapshots.close();
    assert.deepEqual([released, clock.pending], [[1, 1], 0]);
  });
});
