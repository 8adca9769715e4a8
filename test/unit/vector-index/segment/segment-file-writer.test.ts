import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../../base/clock.js';
import { Slices } from '../../../../vector-index/maintenance/slices.js';
import { ColumnFile } from '../../../../vector-index/segment/column-file.js';
import { SegmentFileWriter } from '../../../../vector-index/segment/segment-file-writer.js';
import { blockBytes } from '../../../../vector-index/segment/segment-layout.js';
import { inFolder } from '../../../temporary-folder.js';
import { systemFiles } from '../../../../vector-index/system-files.js';

const directory = { rows: 1, dim: 1, tokenDim: 1, codecs: [], attributes: [] };

describe('the writer of a segment file', () => {
  it('writes columns of any length, in whatever pieces they come', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'a.segment');
      const writer = await SegmentFileWriter.create(systemFiles, path, { slices: new Slices(systemClock), format: 1 });
      const lengths = [0, 1, blockBytes - 1, blockBytes, blockBytes + 1, 3_000_000, 0];
      for (const [at, length] of lengths.entries()) {
        writer.column(`c${at}`);
        for (let from = 0; from < length; from += 999) {
          writer.bytes(new Uint8Array(Math.min(999, length - from)).fill(at));
          await writer.pause();
        }
      }
      await writer.commit(directory);
      const file = new ColumnFile(path, new Uint8Array(await readFile(path)));
      assert.deepEqual(
        [...file.problems()].filter((problem) => problem !== null),
        [],
      );
      for (const [at, length] of lengths.entries()) {
        const column = file.u8(`c${at}`);
        assert.equal(column.length, length);
        assert.ok(column.every((byte) => byte === at));
      }
    });
  });

  it('writes numbers little-endian', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'a.segment');
      const writer = await SegmentFileWriter.create(systemFiles, path, { slices: new Slices(systemClock), format: 1 });
      writer.column('c');
      writer.u64(1n);
      writer.u32(2);
      writer.u8(3);
      await writer.commit(directory);
      const file = new ColumnFile(path, new Uint8Array(await readFile(path)));
      assert.deepEqual([...file.u8('c')], [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3]);
    });
  });

  it('shows no file under its name before it is whole, and none after giving up', async () => {
    await inFolder(async (folder) => {
      const writer = await SegmentFileWriter.create(systemFiles, join(folder, 'a.segment'), {
        slices: new Slices(systemClock),
        format: 1,
      });
      writer.column('c');
      assert.deepEqual(await readdir(folder), ['a.segment.tmp']);
      await writer.abort();
      assert.deepEqual(await readdir(folder), []);
    });
  });
});
