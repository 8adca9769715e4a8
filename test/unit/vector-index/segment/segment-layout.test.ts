import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { seededRandom } from '../../../../base/random.js';
import {
  checkHeader,
  columnAlignment,
  fileHeader,
  headerBytes,
  parseLayout,
  segmentFormats,
} from '../../../../vector-index/segment/segment-layout.js';
import { randomDocuments, withSealed } from '../fixtures.js';

describe('the layout of a segment file', () => {
  it('aligns every column and counts a checksum for each of its blocks', async () => {
    await withSealed(randomDocuments(seededRandom(1), 20), async (_, path) => {
      const { columns, checksums, blockBytes, rows } = parseLayout(path, await readFile(path));
      assert.ok(columns.every(({ offset }) => offset % columnAlignment === 0));
      assert.equal(
        checksums.length,
        columns.reduce((sum, { bytes }) => sum + Math.ceil(bytes / blockBytes), 0),
      );
      assert.equal(rows, 20);
    });
  });

  it('of a newer version is FAILED_PRECONDITION and names both versions', () => {
    const header = fileHeader('SHOALSEG', segmentFormats.kinds + 1);
    assert.throws(() => parseLayout('x.segment', header), {
      code: 'FAILED_PRECONDITION',
      message: /x\.segment has format version 8, this program reads up to 7/,
    });
  });

  it('is DATA_LOSS for a file cut short anywhere', async () => {
    await withSealed(randomDocuments(seededRandom(2), 3), async (_, path) => {
      const bytes = await readFile(path);
      for (const length of [0, 5, 63, 64, 127, 128, bytes.length - 64, bytes.length - 1]) {
        assert.throws(() => parseLayout(path, bytes.subarray(0, length)), { code: 'DATA_LOSS' });
      }
    });
  });

  it('is DATA_LOSS for a file of another kind', () => {
    assert.throws(() => checkHeader('x', fileHeader('SHOALTMB', 1), 'SHOALSEG', 1), {
      code: 'DATA_LOSS',
      message: /header in x/,
    });
  });

  it('begins with magic, version and their checksum', () => {
    const header = fileHeader('SHOALSEG', 1);
    assert.equal(header.length, headerBytes);
    assert.equal(header.toString('latin1', 0, 8), 'SHOALSEG');
    assert.equal(header.readUInt32LE(8), 1);
    assert.equal(header.readUInt32LE(12), crc32(header.subarray(0, 12)));
  });
});
