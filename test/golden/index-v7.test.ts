/**
 * The bytes of segments of format version 7, as test/golden/index-v7 keeps them: the index of version 5 with second codes of four bits in their second edition. A
 * change of the format adds a reader, a golden directory and a test; these stay.
 */
import { fileURLToPath } from 'node:url';
import { inFolder } from '../temporary-folder.js';
import { assertReadable, documents, openAt } from './coded-index.js';
import { assertWritten } from './written.js';

const golden = fileURLToPath(new URL('index-v7', import.meta.url));

const opening = { hasCopies: true, secondKind: 12 };

describe('format version 7 of segments', () => {
  it('is read as it was written', () => assertReadable(golden, opening));

  it('is written byte for byte', async () => {
    await inFolder(async (directory) => {
      const index = await openAt(directory, opening);
      index.apply({ subject: 'shoal.c.1.1', sequence: 1n, timeMs: 0 }, { documents });
      await index.seal();
      await index.close();
      await assertWritten(directory, golden);
    });
  });
});
