/**
 * The bytes of segments of format version 4, whose rows are coded, as test/golden/index-v4 keeps them: the index of version 2 with narrow
 * columns. A change of the format adds a reader, a golden directory and a test; these stay.
 */
import { fileURLToPath } from 'node:url';
import { inFolder } from '../temporary-folder.js';
import { assertReadable, documents, openAt } from './coded-index.js';
import { assertWritten } from './written.js';

const golden = fileURLToPath(new URL('index-v4', import.meta.url));

describe('format version 4 of segments', () => {
  it('is read as it was written', () => assertReadable(golden));

  it('is written byte for byte', async () => {
    await inFolder(async (directory) => {
      const index = await openAt(directory);
      index.apply({ subject: 'shoal.c.1.1', sequence: 1n, timeMs: 0 }, { documents });
      await index.seal();
      await index.close();
      await assertWritten(directory, golden);
    });
  });
});
