/**
 * The bytes of segments of format version 3, as test/golden/index-v3 keeps them: the index of version 1 with narrow columns. A change of
 * the format adds a reader, a golden directory and a test; these stay.
 */
import { fileURLToPath } from 'node:url';
import { inFolder } from '../temporary-folder.js';
import { assertReadable, write } from './plain-index.js';
import { assertWritten } from './written.js';

const golden = fileURLToPath(new URL('index-v3', import.meta.url));

describe('format version 3', () => {
  it('is read as it was written', () => assertReadable(golden));

  it('is written byte for byte', async () => {
    await inFolder(async (directory) => {
      await write(directory);
      await assertWritten(directory, golden);
    });
  });
});
