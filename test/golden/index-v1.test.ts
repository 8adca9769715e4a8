/**
 * The bytes of format version 1, as test/golden/index-v1 keeps them: an index of three documents, one of them dead. A change of the
 * format adds a reader, a golden directory and a test beside these; these stay.
 */
import assert from 'node:assert/strict';
import { cp, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.js';
import type { IndexDocument } from '../../vector-index/document.js';
import { ShardIndex } from '../../vector-index/shard-index.js';
import { codecs } from '../unit/vector-index/fixtures.js';
import { inFolder } from '../temporary-folder.js';

const golden = fileURLToPath(new URL('index-v1', import.meta.url));
const settings = { dim: 4, tokenDim: 8 };
const files = ['manifest', '0000000001.segment', '0000000002.tombstones'];

const documents: IndexDocument[] = [
  {
    docId: 4096n,
    id: 'first',
    title: 'A title',
    text: 'the first document',
    attributes: { year: 1969n, price: 1.5, sold: true, at: new Date(0), tags: ['ä', ''], numbers: [1n, -1n] },
    list: 7,
    dense: Float32Array.of(0.5, -0.25, 0, 1),
    terms: { termIds: Uint32Array.of(3, 70_000), weights: Float32Array.of(0.5, 0.75) },
    tokens: { count: 1, rows: Uint8Array.of(2, 0, 0, 0x3c, 0b00011011, 0b11100100), codec: 'codec-a' },
  },
  {
    docId: 8192n,
    id: 'second',
    title: null,
    text: '',
    attributes: {},
    list: 0,
    dense: null,
    terms: null,
    tokens: null,
  },
  {
    docId: 2n ** 53n + 1n,
    id: 'third',
    title: '',
    text: 'ß',
    attributes: { year: 'unknown' },
    list: 4_294_967_295,
    dense: Float32Array.of(1, 1, 1, 1),
    terms: { termIds: Uint32Array.of(3), weights: Float32Array.of(1) },
    tokens: { count: 1, rows: new Uint8Array(16).fill(0x3c), codec: '' },
  },
];

async function write(directory: string): Promise<void> {
  const index = await ShardIndex.open({ directory, settings, codecs, clock: systemClock });
  index.apply('shoal.c.1.1', 1n, { documents });
  await index.seal();
  index.apply('shoal.c.1.1', 9n, { superseded: [{ id: 'second', docId: 9000n }] });
  await index.seal();
  await index.close();
}

describe('format version 1', () => {
  it('is read as it was written', async () => {
    await inFolder(async (directory) => {
      await cp(golden, directory, { recursive: true });
      const index = await ShardIndex.open({ directory, settings, codecs, clock: systemClock });
      assert.deepEqual(index.scroll(0n, 10), [documents[0], documents[2]]);
      assert.equal(index.applied('shoal.c.1.1'), 9n);
      assert.deepEqual(await index.verify(), []);
      const { docIds } = await index.searchSparse({ termIds: Uint32Array.of(3), factors: Float32Array.of(1) }, 5);
      assert.deepEqual([...docIds], [2n ** 53n + 1n, 4096n]);
      await index.close();
    });
  });

  it('is written byte for byte', async () => {
    await inFolder(async (directory) => {
      await write(directory);
      for (const file of files) {
        assert.ok((await readFile(join(directory, file))).equals(await readFile(join(golden, file))), file);
      }
    });
  });
});
