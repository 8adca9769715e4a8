import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  fencesName,
  openFences,
  openManifest,
  openSegments,
  removeOrphans,
  segmentName,
  snapshotName,
  tombstoneName,
} from '../../../../vector-index/maintenance/index-files.js';
import { manifestName } from '../../../../vector-index/manifest.js';
import { seededRandom } from '../../../../base/random.js';
import { FenceTable } from '../../../../vector-index/fences.js';
import { writeSegment } from '../../../../vector-index/segment/write-segment.js';
import { mutableOf, randomDocuments, settings, weakHash, writingParts } from '../fixtures.js';
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

  it('are DATA_LOSS when deaths or superseded ids are missing that the manifest names', async () => {
    await inFolder(async (directory) => {
      const manifest = await openManifest(systemFiles, directory, settings);
      const source = { reader: mutableOf(randomDocuments(seededRandom(1), 2), weakHash), rowCount: 2, live: null };
      await writeSegment(join(directory, segmentName(1)), [source], settings, writingParts);
      const segments = [{ file: segmentName(1), tombstones: tombstoneName(2) }];
      const fences = { files: [fencesName(3)], timeMs: 0 };
      const gone = (name: string): object => ({
        code: 'DATA_LOSS',
        message: new RegExp(`${name}, which the manifest names, does not exist`),
      });
      await assert.rejects(openSegments(systemFiles, directory, { ...manifest, segments }), gone(tombstoneName(2)));
      const table = new FenceTable();
      await assert.rejects(
        openFences(systemFiles, directory, { manifest: { ...manifest, fences }, table }),
        gone(fencesName(3)),
      );
      assert.deepEqual(await openFences(systemFiles, directory, { manifest, table }), []);
    });
  });

  it('lose what the manifest does not name, and nothing that is not ours', async () => {
    await inFolder(async (directory) => {
      const manifest = await openManifest(systemFiles, directory, settings);
      const segments = [{ file: segmentName(3), tombstones: tombstoneName(4) }];
      const fences = { files: [fencesName(5), fencesName(7)], timeMs: 0 };
      const kept = [segmentName(3), tombstoneName(4), ...fences.files, 'notes.txt', 'lock'];
      const orphans = [
        segmentName(2),
        tombstoneName(3),
        fencesName(4),
        snapshotName(6),
        `${segmentName(3)}.tmp`,
        'manifest.tmp',
      ];
      for (const name of [...kept, ...orphans]) await writeFile(join(directory, name), '');
      await removeOrphans(systemFiles, directory, { ...manifest, segments, fences });
      assert.deepEqual((await readdir(directory)).sort(), [...kept, manifestName].sort());
    });
  });
});
