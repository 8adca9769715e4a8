/**
 * The bytes of format version 1, as test/golden/index-v1 keeps them: an index of three documents, one of them dead. A change of the
 * format adds a reader, a golden directory and a test beside these; these stay. Segments of this version have since got columns that
 * older readers pass over, the indexes of attributes: index-v1-attribute-index is the same index with them.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { ColumnFile } from '../../vector-index/segment/column-file.js';
import { assertReadable } from './plain-index.js';

const golden = fileURLToPath(new URL('index-v1', import.meta.url));
const indexed = fileURLToPath(new URL('index-v1-attribute-index', import.meta.url));

describe('format version 1', () => {
  for (const [name, directory] of [
    ['is read as it was first written', golden],
    ['is read with indexes of attributes', indexed],
  ] as const) {
    it(name, () => assertReadable(directory));
  }

  it('still has every column of its first files, byte for byte', async () => {
    const [first, now] = await Promise.all([golden, indexed].map(columnsOf));
    for (const [name, bytes] of first!) assert.ok(now!.get(name)?.equals(bytes), name);
  });
});

async function columnsOf(directory: string): Promise<ReadonlyMap<string, Buffer>> {
  const bytes = new Uint8Array(await readFile(join(directory, '0000000001.segment')));
  const file = new ColumnFile('golden', bytes);
  return new Map(file.layout.columns.map(({ name }) => [name, Buffer.from(file.u8(name))]));
}
