/**
 * The bytes of segments of format version 5, whose rows lie in two lists, as test/golden/index-v5 keeps them: the index of version 4 with
 * the columns of second lists. A change of the format adds a reader, a golden directory and a test; these stay.
 */
import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { inFolder } from '../temporary-folder.js';
import { assertReadable, documents, openAt } from './coded-index.js';
import { assertWritten } from './written.js';

const golden = fileURLToPath(new URL('index-v5', import.meta.url));

describe('format version 5 of segments', () => {
  it('is read as it was written', () => assertReadable(golden, { hasCopies: true }));

  it('finds each row by either of its lists', async () => {
    await inFolder(async (directory) => {
      await cp(golden, directory, { recursive: true });
      const index = await openAt(directory, { hasCopies: true });
      const dense = documents[2]!.dense!;
      let found = 0;
      for (const list of [0, 1, 2]) {
        const selection = { filter: null, lists: Uint32Array.of(list) };
        found += (await index.scan({ dense, sparse: null, k: 20, selection })).dense!.docIds.length;
      }
      // Eight documents have a vector; one of them has a further passage, which may lie in lists of its own.
      assert.ok(found >= 16 && found <= 18, `${found}`);
      await index.close();
    });
  });

  it('is written byte for byte', async () => {
    await inFolder(async (directory) => {
      const index = await openAt(directory, { hasCopies: true });
      index.apply({ subject: 'shoal.c.1.1', sequence: 1n, timeMs: 0 }, { documents });
      await index.seal();
      await index.close();
      await assertWritten(directory, golden);
    });
  });
});
