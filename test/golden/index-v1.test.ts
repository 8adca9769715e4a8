/**
 * The bytes of format version 1, as test/golden/index-v1 keeps them: an index of three documents, one of them dead. A change of the
 * format adds a reader, a golden directory and a test beside these; these stay. Segments have since got columns that older readers
 * pass over, the indexes of attributes: index-v1-attribute-index is the same index as it was
 * written with them, index-v1-posting-blocks as it is written now, with the blocks of postings.
 */
import assert from 'node:assert/strict';
import { cp, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.js';
import type { IndexDocument } from '../../vector-index/document.js';
import { fenceKeepMs } from '../../vector-index/fences.js';
import { ColumnFile } from '../../vector-index/segment/column-file.js';
import { ShardIndex } from '../../vector-index/shard-index.js';
import { codecs, whole } from '../unit/vector-index/fixtures.js';
import { inFolder } from '../temporary-folder.js';
import { systemFiles } from '../../vector-index/system-files.js';

const golden = fileURLToPath(new URL('index-v1', import.meta.url));
const indexed = fileURLToPath(new URL('index-v1-attribute-index', import.meta.url));
const written = fileURLToPath(new URL('index-v1-posting-blocks', import.meta.url));
const settings = { dim: 4, tokenDim: 8 };
const files = ['manifest', '0000000001.segment', '0000000002.tombstones'];

const documents: IndexDocument[] = [
  {
    ...whole,
    docId: 4096n,
    id: 'first',
    title: 'A title',
    text: 'the first document',
    attributes: { year: 1969n, price: 1.5, sold: true, at: new Date(0), tags: ['ä', ''], numbers: [1n, -1n] },
    list: 7,
    home: 7,
    dense: Float32Array.of(0.5, -0.25, 0, 1),
    terms: { termIds: Uint32Array.of(3, 70_000), weights: Float32Array.of(0.5, 0.75) },
    tokens: { count: 1, rows: Uint8Array.of(2, 0, 0, 0x3c, 0b00011011, 0b11100100), codec: 'codec-a' },
  },
  {
    ...whole,
    docId: 8192n,
    id: 'second',
    title: null,
    text: '',
    attributes: {},
    list: 0,
    home: 0,
    dense: null,
    terms: null,
    tokens: null,
  },
  {
    ...whole,
    docId: 2n ** 53n + 1n,
    id: 'third',
    title: '',
    text: 'ß',
    attributes: { year: 'unknown' },
    list: 4_294_967_295,
    home: 4_294_967_295,
    dense: Float32Array.of(1, 1, 1, 1),
    terms: { termIds: Uint32Array.of(3), weights: Float32Array.of(1) },
    tokens: { count: 1, rows: new Uint8Array(16).fill(0x3c), codec: '' },
  },
];

async function write(directory: string): Promise<void> {
  const index = await ShardIndex.open({ directory, settings, codecs, files: systemFiles, clock: systemClock });
  const entry = { subject: 'shoal.c.1.1', timeMs: 0 };
  index.apply({ ...entry, sequence: 1n }, { documents });
  await index.seal();
  index.apply({ ...entry, sequence: 8n }, { superseded: [{ id: 'second', docId: 9000n }] });
  // Superseded ids are remembered for a while, in a file that the first program of this format did not write.
  index.apply({ ...entry, sequence: 9n, timeMs: fenceKeepMs + 1 }, {});
  await index.seal();
  await index.close();
}

describe('format version 1', () => {
  for (const [name, directory] of [
    ['is read as it was first written', golden],
    ['is read as it was written with indexes of attributes', indexed],
    ['is read as it is written', written],
  ] as const) {
    it(name, () => assertReadable(directory));
  }

  it('is written byte for byte', async () => {
    await inFolder(async (directory) => {
      await write(directory);
      for (const file of files) {
        assert.ok((await readFile(join(directory, file))).equals(await readFile(join(written, file))), file);
      }
    });
  });

  it('still has every column of its first files, byte for byte', async () => {
    const [first, now] = await Promise.all([golden, written].map(columnsOf));
    for (const [name, bytes] of first!) assert.ok(now!.get(name)?.equals(bytes), name);
  });
});

async function assertReadable(from: string): Promise<void> {
  await inFolder(async (directory) => {
    await cp(from, directory, { recursive: true });
    const index = await ShardIndex.open({ directory, settings, codecs, files: systemFiles, clock: systemClock });
    assert.deepEqual(index.scroll(0n, 10), [documents[0], documents[2]]);
    assert.equal(index.applied('shoal.c.1.1'), 9n);
    assert.deepEqual(await index.verify(), []);
    const { docIds } = await index.searchSparse({ termIds: Uint32Array.of(3), factors: Float32Array.of(1) }, 5);
    assert.deepEqual([...docIds], [2n ** 53n + 1n, 4096n]);
    const tagged = { kind: 'compare', attribute: 'tags', type: 'string', isList: true } as const;
    const filter = { ...tagged, comparator: 'contains', values: ['ä'] } as const;
    assert.deepEqual(index.scroll(0n, 10, { filter, lists: null }), [documents[0]]);
    await index.close();
  });
}

async function columnsOf(directory: string): Promise<ReadonlyMap<string, Buffer>> {
  const bytes = new Uint8Array(await readFile(join(directory, '0000000001.segment')));
  const file = new ColumnFile('golden', bytes);
  return new Map(file.layout.columns.map(({ name }) => [name, Buffer.from(file.u8(name))]));
}
