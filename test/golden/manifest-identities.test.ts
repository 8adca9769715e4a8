/** The bytes of a manifest that says what its files are, as test/golden/manifest-identities keeps it: the index of version 3. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manifestName } from '../../vector-index/manifest.js';
import { inFolder } from '../temporary-folder.js';
import { assertReadable, write } from './plain-index.js';
import { assertWritten } from './written.js';

const golden = fileURLToPath(new URL('manifest-identities', import.meta.url));

describe('a manifest with the identities of its files', () => {
  it('is read as it was written', () => assertReadable(golden));

  it('is written byte for byte', () =>
    inFolder(async (directory) => {
      await write(directory);
      await assertWritten(directory, golden);
      const [now, before] = await Promise.all(
        [directory, golden].map((folder) => readFile(join(folder, manifestName))),
      );
      assert.ok(now!.equals(before!));
    }));
});
