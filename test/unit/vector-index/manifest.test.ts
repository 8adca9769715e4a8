import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import {
  manifestFormat,
  manifestName,
  readManifest,
  writeManifest,
  type Manifest,
} from '../../../vector-index/manifest.js';
import { inFolder } from '../../temporary-folder.js';
import { systemFiles } from '../../../vector-index/system-files.js';

const manifest: Manifest = {
  format: manifestFormat,
  dim: 384,
  tokenDim: 128,
  structureVersion: 3,
  nextNumber: 12,
  segments: [
    { file: '0000000001.segment', tombstones: null },
    { file: '0000000007.segment', tombstones: '0000000011.tombstones' },
  ],
  fences: { files: ['0000000009.fences', '0000000010.fences'], timeMs: 1_700_000_000_000 },
  applied: { 'shoal.c.1.1': 2n ** 60n + 1n, 'shoal.c.1.2': 0n },
};

describe('a manifest', () => {
  it('comes back as it was written, with sequences beyond 2^53', async () => {
    await inFolder(async (directory) => {
      await writeManifest(systemFiles, directory, manifest);
      assert.deepEqual(await readManifest(systemFiles, directory), manifest);
    });
  });

  it('is null where there is none', async () => {
    await inFolder(async (directory) => assert.equal(await readManifest(systemFiles, directory), null));
  });

  it('is DATA_LOSS when any byte of it changed, or when it was cut short', async () => {
    await inFolder(async (directory) => {
      await writeManifest(systemFiles, directory, manifest);
      const path = join(directory, manifestName);
      const good = await readFile(path);
      for (let at = 0; at < good.length; at += 1) {
        const bad = Buffer.from(good);
        bad[at]! ^= 1 << (at & 7);
        await writeFile(path, bad);
        await assert.rejects(readManifest(systemFiles, directory), {
          code: 'DATA_LOSS',
          message: /manifest does not match/,
        });
      }
      await writeFile(path, good.subarray(0, 5));
      await assert.rejects(readManifest(systemFiles, directory), { code: 'DATA_LOSS' });
    });
  });

  it('of a newer format is FAILED_PRECONDITION and names both versions', async () => {
    await inFolder(async (directory) => {
      const body = Buffer.from(JSON.stringify({ format: 9 }));
      await writeFile(join(directory, manifestName), `${String(body)}\n${crc32(body).toString(16).padStart(8, '0')}\n`);
      await assert.rejects(readManifest(systemFiles, directory), {
        code: 'FAILED_PRECONDITION',
        message: /version 9, .* up to 1;/,
      });
    });
  });
});
