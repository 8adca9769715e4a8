/**
 * An index of coded rows as golden folders of several formats keep it: under a structure of three lists, whose numbers are made up here.
 */
import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { systemClock } from '../../base/clock.js';
import type { ListStructure } from '../../vector-index/codebook/list-structure.js';
import type { IndexDocument } from '../../vector-index/document.js';
import { ShardIndex } from '../../vector-index/shard-index.js';
import { systemFiles } from '../../vector-index/system-files.js';
import { inFolder } from '../temporary-folder.js';
import { codecs, furtherPassage, plainDocument } from '../unit/vector-index/fixtures.js';

const dim = 6;

/** Eighths, so that no rounding of any library is in them. */
function eighths(count: number, step: number): Float32Array {
  return Float32Array.from({ length: count }, (_, at) => (((at * step) % 17) - 8) / 8);
}

const centroids = eighths(3 * dim, 5);
const structure: ListStructure = {
  version: 7,
  structure: { dim, centroids },
  codebook: {
    ...{ dim, subquantizers: 2, dsub: 4, rescale: 2 ** -12, anchor: 2 ** -12 },
    words: eighths(2 * 4 * 16, 7),
    bases: centroids,
    anchors: centroids,
  },
};

export const documents: IndexDocument[] = Array.from({ length: 9 }, (_, at) => {
  const document = plainDocument(`id${at}`, BigInt(at + 1) * 4096n, {
    dense: at === 4 ? null : eighths(dim, at + 3),
    attributes: { year: BigInt(1960 + at) },
  });
  return at === 6 ? [document, furtherPassage(document, 1, { dense: eighths(dim, 2), start: 5 })] : [document];
}).flat();

/** The same with every vector in a second list too. */
const twice: ListStructure = {
  ...structure,
  structure: { ...structure.structure, around: Uint32Array.of(1, 2, 0, 2, 0, 1) },
};

export interface Opening {
  /** Vectors lie in two lists. */
  readonly hasCopies?: boolean;
  /** Of second codes; 4. */
  readonly secondKind?: number;
}

/** The index of `directory`, made where there is none. */
export function openAt(directory: string, { hasCopies = false, secondKind }: Opening = {}): Promise<ShardIndex> {
  const settings = { dim, tokenDim: 8 };
  const own = hasCopies ? twice : structure;
  const codebook = secondKind === undefined ? own.codebook : { ...own.codebook, secondKind };
  return ShardIndex.open({
    directory,
    settings,
    codecs,
    structure: { ...own, codebook },
    files: systemFiles,
    clock: systemClock,
  });
}

/** Fails unless the index of folder `from` holds `documents`. */
export async function assertReadable(from: string, opening: Opening = {}): Promise<void> {
  await inFolder(async (directory) => {
    await cp(from, directory, { recursive: true });
    const index = await openAt(directory, opening);
    assert.deepEqual(await index.verify(), []);
    const plain = documents.filter(({ passage }) => passage === 0);
    const found = index.scroll(0n, 20);
    assert.deepEqual(
      found.map(({ id, dense, attributes }) => ({ id, dense, attributes })),
      plain.map(({ id, dense, attributes }) => ({ id, dense, attributes })),
    );
    assert.deepEqual(index.structureState, { version: 7, olderRows: 0 });
    assert.equal((await index.searchDense(documents[2]!.dense!, 20)).docIds.length, 8);
    assert.deepEqual([...index.lookup(['id0', 'id8', 'id9'])], [4096n, 9n * 4096n, 0n]);
    assert.deepEqual(
      index.passages(7n * 4096n).map(({ start }) => start),
      [0, 5],
    );
    await index.close();
  });
}
