import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clearBit, fullBitmap } from '../../../../vector-index/bitmap.js';
import { fileHeader } from '../../../../vector-index/segment/segment-layout.js';
import { readTombstones, writeTombstones } from '../../../../vector-index/segment/tombstones.js';
import { inFolder } from '../../../temporary-folder.js';
import { systemFiles } from '../../../../vector-index/system-files.js';

describe('a tombstone file', () => {
  it('comes back as it was written', async () => {
    await inFolder(async (directory) => {
      for (const rows of [1, 8, 13, 1000]) {
        const live = fullBitmap(rows);
        clearBit(live, rows - 1);
        await writeTombstones(systemFiles, join(directory, 'a'), live, rows);
        assert.deepEqual(await readTombstones(systemFiles, join(directory, 'a'), rows), live);
      }
    });
  });

  it('is DATA_LOSS when any byte changed, when it was cut short, or when it belongs to another segment', async () => {
    await inFolder(async (directory) => {
      const path = join(directory, 'a');
      await writeTombstones(systemFiles, path, Uint8Array.of(0b101), 3);
      const good = await readFile(path);
      await assert.rejects(readTombstones(systemFiles, path, 4), { code: 'DATA_LOSS' });
      for (let at = 0; at < good.length; at += 1) {
        const bad = Buffer.from(good);
        bad[at]! ^= 1 << (at & 7);
        await writeFile(path, bad);
        await assert.rejects(readTombstones(systemFiles, path, 3), {
          code: 'DATA_LOSS',
          message: /restore this replica from a peer/,
        });
        await writeFile(path, good.subarray(0, at));
        await assert.rejects(readTombstones(systemFiles, path, 3), { code: 'DATA_LOSS' });
      }
    });
  });

  it('of a newer version is FAILED_PRECONDITION', async () => {
    await inFolder(async (directory) => {
      await writeFile(join(directory, 'a'), fileHeader('SHOALTMB', 5));
      await assert.rejects(readTombstones(systemFiles, join(directory, 'a'), 3), {
        code: 'FAILED_PRECONDITION',
        message: /version 5/,
      });
    });
  });
});
