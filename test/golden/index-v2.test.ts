/**
 * The bytes of segments of format version 2, whose rows are coded, as test/golden/index-v2 keeps them: an index under a structure of
 * three lists, whose numbers are made up here. A change of the format adds a reader, a golden directory and a test; these stay.
 */
import assert from 'node:assert/strict';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../base/clock.js';
import type { ListStructure } from '../../vector-index/codebook/list-structure.js';
import type { IndexDocument } from '../../vector-index/document.js';
import { ShardIndex } from '../../vector-index/shard-index.js';
import { systemFiles } from '../../vector-index/system-files.js';
import { inFolder } from '../temporary-folder.js';
import { codecs, furtherPassage, plainDocument } from '../unit/vector-index/fixtures.js';

const golden = fileURLToPath(new URL('index-v2', import.meta.url));
const dim = 6;
const files = ['manifest', '0000000001.segment'];

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

const documents: IndexDocument[] = Array.from({ length: 9 }, (_, at) => {
  const document = plainDocument(`id${at}`, BigInt(at + 1) * 4096n, {
    dense: at === 4 ? null : eighths(dim, at + 3),
    attributes: { year: BigInt(1960 + at) },
  });
  return at === 6 ? [document, furtherPassage(document, 1, { dense: eighths(dim, 2), start: 5 })] : [document];
}).flat();

function openAt(directory: string): Promise<ShardIndex> {
  const settings = { dim, tokenDim: 8 };
  return ShardIndex.open({ directory, settings, codecs, structure, files: systemFiles, clock: systemClock });
}

describe('format version 2 of segments', () => {
  it('is read as it was written', async () => {
    await inFolder(async (directory) => {
      await cp(golden, directory, { recursive: true });
      const index = await openAt(directory);
      assert.deepEqual(await index.verify(), []);
      const plain = documents.filter(({ passage }) => passage === 0);
      const found = index.scroll(0n, 20);
      assert.deepEqual(
        found.map(({ id, dense, attributes }) => ({ id, dense, attributes })),
        plain.map(({ id, dense, attributes }) => ({ id, dense, attributes })),
      );
      assert.deepEqual(index.structureState, { version: 7, olderRows: 0 });
      assert.equal((await index.searchDense(documents[2]!.dense!, 20)).docIds.length, 8);
      await index.close();
    });
  });

  it('is written byte for byte', async () => {
    await inFolder(async (directory) => {
      const index = await openAt(directory);
      index.apply({ subject: 'shoal.c.1.1', sequence: 1n, timeMs: 0 }, { documents });
      await index.seal();
      await index.close();
      for (const file of files) {
        assert.ok((await readFile(join(directory, file))).equals(await readFile(join(golden, file))), file);
      }
    });
  });
});
