/** An index of three documents without codes, one of them dead, as golden folders of several formats keep it. */
import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { systemClock } from '../../base/clock.js';
import type { IndexDocument } from '../../vector-index/document.js';
import { fenceKeepMs } from '../../vector-index/fences.js';
import { ShardIndex } from '../../vector-index/shard-index.js';
import { systemFiles } from '../../vector-index/system-files.js';
import { inFolder } from '../temporary-folder.js';
import { codecs, whole } from '../unit/vector-index/fixtures.js';

export const settings = { dim: 4, tokenDim: 8 };

export const documents: IndexDocument[] = [
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

/** Writes the index into `directory`. */
export async function write(directory: string): Promise<void> {
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

/** Fails unless the index of folder `from` holds `documents`. */
export async function assertReadable(from: string): Promise<void> {
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
    assert.deepEqual([...index.lookup(['first', 'second', 'third', 'fourth'])], [4096n, 0n, 2n ** 53n + 1n, 0n]);
    await index.close();
  });
}
