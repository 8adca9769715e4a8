/**
 * The bytes of segments of format version 6, as test/golden/index-v6 keeps them: the index of version 5 with second codes of three bits. A
 * change of the format adds a reader, a golden directory and a test; these stay.
 */
import { fileURLToPath } from 'node:url';
import { inFolder } from '../temporary-folder.js';
import { assertReadable, documents, openAt } from './coded-index.js';
import { assertWritten } from './written.js';

const golden = fileURLToPath(new URL('index-v6', import.meta.url));

const opening = { hasCopies: true, secondKind: 3 };

describe('format version 6 of segments', () => {
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
