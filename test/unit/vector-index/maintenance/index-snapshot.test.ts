/** A snapshot holds the files of one instant while the index goes on. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../../base/clock.js';
import { seededRandom } from '../../../../base/random.js';
import { holdSnapshot } from '../../../../vector-index/maintenance/index-snapshot.js';
import { FileKeeper } from '../../../../vector-index/maintenance/file-keeper.js';
import { manifestFormat, type Manifest } from '../../../../vector-index/manifest.js';
import { ShardIndex } from '../../../../vector-index/shard-index.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { inFolder } from '../../../temporary-folder.js';
import { codecs, entryAt, randomDocument, settings } from '../fixtures.js';

const subject = 'shoal.c.1.1';

function open(directory: string): Promise<ShardIndex> {
  const limits = { mutableBytesMax: 8_000, mergeFanIn: 3 };
  return ShardIndex.open({ directory, settings, codecs, limits, files: systemFiles, clock: systemClock });
}

describe('a snapshot', () => {
  it('holds the files of one instant, which open elsewhere as the index of that instant, until it is released', async () => {
    await inFolder(async (directory) => {
      const random = seededRandom(4);
      const [here, there] = [join(directory, 'here'), join(directory, 'there')];
      const index = await open(here);
      const write = (sequence: bigint): void =>
        index.apply(entryAt(subject, sequence), {
          documents: [0n, 1n, 2n].map((at) => randomDocument(random, `${sequence}-${at}`, sequence * 4096n + at)),
          superseded: [{ id: `${sequence - 1n}-0`, docId: sequence * 4096n }],
        });
      write(1n);
      const snapshot = await index.snapshot();
      const content = index.contentHash();
      for (let sequence = 2n; sequence < 12n; sequence += 1n) {
        write(sequence);
        await index.seal();
        while (await index.maintain());
      }
      await systemFiles.makeDirectory(there);
      for (const { name, path, bytes } of snapshot.files) {
        const content = await systemFiles.read(path);
        assert.equal(content.length, bytes);
        const copy = await systemFiles.create(join(there, name));
        await copy.write(content);
        await copy.close();
      }
      const copied = await open(there);
      assert.equal(copied.contentHash(), content);
      assert.deepEqual([copied.applied(subject), snapshot.marks.get(subject)], [1n, 1n]);
      await copied.close();
      await snapshot.release();
      await snapshot.release();
      const again = await index.snapshot();
      const held = again.files.map(({ name }) => name).filter((name) => name !== 'manifest');
      await again.release();
      assert.deepEqual((await readdir(here)).sort(), [...held, 'manifest'].sort());
      await index.close();
    });
  });

  it('that a crash left behind is gone after the next start', async () => {
    await inFolder(async (directory) => {
      const index = await open(directory);
      index.apply(entryAt(subject, 1n), { documents: [randomDocument(seededRandom(5), 'a', 1n)] });
      await index.snapshot();
      await index.close();
      const again = await open(directory);
      assert.deepEqual((await readdir(directory)).sort(), ['0000000001.segment', 'manifest']);
      await again.close();
    });
  });

  it('that a full disk keeps from being made holds nothing', async () => {
    await inFolder(async (directory) => {
      const files = {
        ...systemFiles,
        create: () => Promise.reject(Object.assign(new Error('no room'), { code: 'ENOSPC' })),
      };
      const keeper = new FileKeeper(systemFiles, directory);
      const file = await systemFiles.create(join(directory, 'a.segment'));
      await file.close();
      const manifest: Manifest = {
        format: manifestFormat,
        ...settings,
        structureVersion: 0,
        nextNumber: 2,
        segments: [{ file: 'a.segment', tombstones: null }],
        applied: {},
      };
      const parts = { files, directory, keeper, copy: 'copy' };
      await assert.rejects(holdSnapshot(manifest, parts), { code: 'RESOURCE_EXHAUSTED' });
      await keeper.remove(['a.segment']);
      assert.deepEqual(await readdir(directory), []);
    });
  });
});
