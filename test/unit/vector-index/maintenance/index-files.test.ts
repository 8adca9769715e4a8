import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  openManifest,
  openSegments,
  removeOrphans,
  segmentName,
  tombstoneName,
} from '../../../../vector-index/maintenance/index-files.js';
import { manifestName } from '../../../../vector-index/manifest.js';
import { settings } from '../fixtures.js';
import { inFolder } from '../../../temporary-folder.js';
import { systemFiles } from '../../../../vector-index/system-files.js';

describe('the files of an index', () => {
  it('are named so that their order is that of their numbers', () => {
    assert.equal(segmentName(7), '0000000007.segment');
    assert.ok(tombstoneName(9) < tombstoneName(10));
  });

  it('begin with a manifest of no segments', async () => {
    await inFolder(async (directory) => {
      const manifest = await openManifest(systemFiles, join(directory, 'deep', 'down'), settings);
      assert.deepEqual(manifest.segments, []);
      assert.deepEqual(await openManifest(systemFiles, join(directory, 'deep', 'down'), settings), manifest);
    });
  });

  it('are DATA_LOSS when segments lie there without a manifest', async () => {
    await inFolder(async (directory) => {
      await writeFile(join(directory, segmentName(1)), '');
      await assert.rejects(openManifest(systemFiles, directory, settings), {
        code: 'DATA_LOSS',
        message: /no manifest/,
      });
    });
  });

  it('are DATA_LOSS when one that the manifest names is missing', async () => {
    await inFolder(async (directory) => {
      const manifest = await openManifest(systemFiles, directory, settings);
      const segments = [{ file: segmentName(1), tombstones: null }];
      await assert.rejects(openSegments(systemFiles, directory, { ...manifest, segments }), {
        code: 'DATA_LOSS',
        message: /0000000001.segment, which the manifest names, does not exist/,
      });
    });
  });

  it('lose what the manifest does not name, and nothing that is not ours', async () => {
    await inFolder(async (directory) => {
      const manifest = await openManifest(systemFiles, directory, settings);
      const segments = [{ file: segmentName(3), tombstones: tombstoneName(4) }];
      const kept = [segmentName(3), tombstoneName(4), 'notes.txt', 'lock'];
      const orphans = [segmentName(2), tombstoneName(3), `${segmentName(3)}.tmp`, 'manifest.tmp'];
      for (const name of [...kept, ...orphans]) await writeFile(join(directory, name), '');
      await removeOrphans(systemFiles, directory, { ...manifest, segments });
      assert.deepEqual((await readdir(directory)).sort(), [...kept, manifestName].sort());
    });
  });
});
