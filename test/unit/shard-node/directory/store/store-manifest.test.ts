/** The manifest of a partition's folder. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  directoryManifestName,
  readStoreManifest,
  writeStoreManifest,
  type StoreManifest,
} from '../../../../../shard-node/directory/store/store-manifest.js';
import { systemFiles } from '../../../../../vector-index/system-files.js';
import { folderPerTest } from '../../../../temporary-folder.js';

const manifest: StoreManifest = {
  marks: {
    committed: 2n ** 63n,
    subjects: [
      { subject: 'shoal.u.1.0', last: 4n },
      { subject: 'shoal.u.directory', last: 2n ** 60n },
    ],
    epoch: 3n,
    caused: 9n,
  },
  nextNumber: 4,
  runs: ['run-1', 'run-2'],
  verdicts: [{ file: 'verdicts-3', newestMs: 17 }],
  identities: { 'run-1': '9 00000000' },
};

describe('the manifest of a directory partition', () => {
  const folder = folderPerTest();

  it('comes back as it was written', async () => {
    await writeStoreManifest(systemFiles, folder(), manifest);
    assert.deepEqual(await readStoreManifest(systemFiles, folder()), manifest);
  });

  it('is null where there is none', async () => assert.equal(await readStoreManifest(systemFiles, folder()), null));

  it('is damaged where it is cut off', async () => {
    await writeStoreManifest(systemFiles, folder(), manifest);
    const path = join(folder(), directoryManifestName);
    const bytes = await systemFiles.read(path);
    for (const length of [0, 5, bytes.length - 1]) {
      writeFileSync(path, bytes.subarray(0, length));
      await assert.rejects(readStoreManifest(systemFiles, folder()), { code: 'DATA_LOSS', details: { damaged: path } });
    }
  });
});
