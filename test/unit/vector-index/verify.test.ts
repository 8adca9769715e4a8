import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../base/clock.js';
import { seededRandom } from '../../../base/random.js';
import { ShardIndex } from '../../../vector-index/shard-index.js';
import { verifyDirectory } from '../../../vector-index/verify.js';
import { codecs, randomDocuments, settings, entryAt } from './fixtures.js';
import { inFolder } from '../../temporary-folder.js';
import { systemFiles } from '../../../vector-index/system-files.js';

/** A directory with a manifest, a segment, its tombstones and a file of superseded ids. */
async function withFiles(work: (directory: string, files: readonly string[]) => Promise<void>): Promise<void> {
  await inFolder(async (directory) => {
    const index = await ShardIndex.open({ directory, settings, codecs, files: systemFiles, clock: systemClock });
    index.apply(entryAt('s', 1n), { documents: randomDocuments(seededRandom(1), 6) });
    await index.seal();
    index.apply(entryAt('s', 2n), { superseded: [{ id: 'id2', docId: 2n ** 40n }] });
    await index.seal();
    await index.close();
    await work(directory, (await readdir(directory)).sort());
  });
}

describe('verifying a directory', () => {
  it('finds nothing wrong with an index as it was written', async () => {
    await withFiles(async (directory, files) => {
      assert.deepEqual(files, ['0000000001.segment', '0000000002.tombstones', '0000000003.fences', 'manifest']);
      assert.deepEqual(await verifyDirectory(directory, { files: systemFiles, clock: systemClock }), []);
    });
  });

  it('finds a flipped bit anywhere in any file, and names the file', async () => {
    await withFiles(async (directory, files) => {
      for (const file of files) {
        const path = join(directory, file);
        const good = await readFile(path);
        const step = file.endsWith('.segment') ? 61 : 7;
        for (let at = 0; at < good.length; at += at < 64 || at > good.length - 64 ? 1 : step) {
          const bad = Buffer.from(good);
          bad[at]! ^= 1 << (at & 7);
          await writeFile(path, bad);
          const problems = await verifyDirectory(directory, { files: systemFiles, clock: systemClock });
          assert.ok(problems.length >= 1, `bit ${at & 7} of byte ${at} of ${file}`);
          assert.match(problems[0]!, /checksum .* does not match/);
          assert.ok(problems[0]!.includes(path));
        }
        await writeFile(path, good);
      }
    });
  });

  it('finds a missing file, and a directory that is no index', async () => {
    await withFiles(async (directory, files) => {
      for (const file of files.slice(0, 3)) {
        const bytes = await readFile(join(directory, file));
        await rm(join(directory, file));
        assert.match(
          (await verifyDirectory(directory, { files: systemFiles, clock: systemClock }))[0]!,
          new RegExp(`${file}, which the manifest names, does not exist`),
        );
        await writeFile(join(directory, file), bytes);
      }
    });
    await inFolder(async (directory) =>
      assert.match((await verifyDirectory(directory, { files: systemFiles, clock: systemClock }))[0]!, /no manifest/),
    );
  });

  it('opening finds damage in what every answer rests on at once, and in all else by maintenance or when it is read', async () => {
    await withFiles(async (directory, files) => {
      const path = join(directory, files[0]!);
      const good = await readFile(path);
      for (let at = 0; at < good.length - 700; at += 97) {
        const bad = Buffer.from(good);
        bad[at]! ^= 1 << (at & 7);
        await writeFile(path, bad);
        const isFound = await failsWithDataLoss(directory);
        const isPadding = (await verifyDirectory(directory, { files: systemFiles, clock: systemClock })).some(
          (problem) => problem.includes('padding'),
        );
        assert.ok(isFound || isPadding, `byte ${at}`);
      }
    });
  });
});

async function failsWithDataLoss(directory: string): Promise<boolean> {
  try {
    const index = await ShardIndex.open({ directory, settings, codecs, files: systemFiles, clock: systemClock });
    try {
      while (await index.maintain());
    } finally {
      await index.close();
    }
    return false;
  } catch (error) {
    assert.equal((error as { code: string }).code, 'DATA_LOSS');
    return true;
  }
}
