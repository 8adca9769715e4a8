/** Coded lists of odd data: every shape of vector, duplicates, nothing left to find. */
import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { seededRandom } from '../../../../base/random.js';
import type { ListStructure } from '../../../../vector-index/codebook/list-structure.js';
import type { IndexDocument } from '../../../../vector-index/document.js';
import { unselective } from '../../../../vector-index/search/selection.js';
import { ShardIndex } from '../../../../vector-index/shard-index.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { inFolder } from '../../../temporary-folder.js';
import { codecs, entryAt, plainDocument } from '../fixtures.js';
import { nearVector, toyDocuments, toyStructure } from './fixtures.js';

function openWith(directory: string, structure: ListStructure | null, dim: number): Promise<ShardIndex> {
  const settings = { dim, tokenDim: 8 };
  return ShardIndex.open({ directory, settings, codecs, structure, files: systemFiles, clock: systemClock });
}

/** Calls `work` with an index of `documents`, once all in memory, once sealed. */
async function bothWays(
  structure: ListStructure,
  documents: readonly IndexDocument[],
  work: (index: ShardIndex) => Promise<void>,
): Promise<void> {
  for (const isSealed of [false, true]) {
    await inFolder(async (directory) => {
      const index = await openWith(directory, structure, structure.structure.dim);
      index.apply(entryAt('s', 1n), { documents });
      if (isSealed) await index.seal();
      await work(index);
      await index.close();
    });
  }
}

describe('an index of coded lists', () => {
  it('takes vectors of 4,096 dimensions', async () => {
    const structure = toyStructure({ dim: 4096, lists: 2, dsub: 8 });
    const random = seededRandom(1);
    const documents = Array.from({ length: 40 }, (_, at) =>
      plainDocument(`id${at}`, BigInt(at + 1), { dense: nearVector(random, structure) }),
    );
    await bothWays(structure, documents, async (index) => {
      const { docIds } = await index.searchDense(documents[7]!.dense!, 3);
      assert.equal(docIds[0], 8n);
    });
  });

  it('answers thousands of equal vectors by docId, and k beyond the collection', async () => {
    const structure = toyStructure({ dim: 8, lists: 4, hasCopies: true });
    const dense = nearVector(seededRandom(2), structure);
    const documents = Array.from({ length: 3000 }, (_, at) => plainDocument(`id${at}`, BigInt(at + 1), { dense }));
    await bothWays(structure, documents, async (index) => {
      const few = await index.searchDense(dense, 20);
      assert.deepEqual(
        [...few.docIds],
        Array.from({ length: 20 }, (_, at) => BigInt(at + 1)),
      );
      assert.equal((await index.searchDense(dense, 5000)).docIds.length, 3000);
    });
  });

  it('finds nothing where all is dead, lists are empty or the filter matches nothing', async () => {
    const structure = toyStructure({ dim: 8, lists: 64, hasCopies: true });
    const random = seededRandom(3);
    const documents = toyDocuments(random, structure, 1500);
    const query = nearVector(random, structure);
    await bothWays(structure, documents, async (index) => {
      const scan = { dense: query, sparse: null, k: 10 };
      const empty = { filter: null, lists: Uint32Array.of(64, 70_000) };
      assert.equal((await index.scan({ ...scan, selection: empty })).dense!.docIds.length, 0);
      const none = { filter: { kind: 'has', attribute: 'nothing' } as const, lists: null };
      assert.deepEqual((await index.scan({ ...scan, selection: none })).matching, 0);
      const superseded = documents.map(({ id }) => ({ id, docId: 2n ** 60n }));
      index.apply(entryAt('s', 2n), { superseded });
      assert.equal((await index.searchDense(query, 10)).docIds.length, 0);
    });
  });

  it('scores zero vectors and zero queries as zero', async () => {
    const structure = toyStructure({ dim: 8, lists: 4 });
    const documents = Array.from({ length: 1200 }, (_, at) =>
      plainDocument(`id${at}`, BigInt(at + 1), { dense: new Float32Array(8) }),
    );
    await bothWays(structure, documents, async (index) => {
      for (const query of [new Float32Array(8), nearVector(seededRandom(4), structure)]) {
        const { docIds, scores } = await index.searchDense(query, 2);
        assert.deepEqual(
          [[...docIds], [...scores]],
          [
            [1n, 2n],
            [0, 0],
          ],
        );
      }
    });
  });

  it('finds nearly all that an exact search finds, and an exact search all', async () => {
    const structure = toyStructure({ dim: 32, lists: 8, hasCopies: true });
    const random = seededRandom(5);
    const documents = toyDocuments(random, structure, 4000);
    await bothWays(structure, documents, async (index) => {
      let common = 0;
      for (let query = 0; query < 10; query += 1) {
        const scan = { dense: nearVector(random, structure), sparse: null, k: 10, selection: unselective };
        const [coded, exact] = [await index.scan(scan), await index.scan({ ...scan, isExact: true })];
        const known = new Set(exact.dense!.docIds);
        common += [...coded.dense!.docIds].filter((docId) => known.has(docId)).length;
      }
      assert.ok(common >= 90, `${common} of 100`);
    });
  });

  it('ends with the reason of its signal', async () => {
    const structure = toyStructure({ dim: 8, lists: 4 });
    await bothWays(structure, toyDocuments(seededRandom(6), structure, 2000), async (index) => {
      const gone = AbortSignal.abort(new Error('the caller is gone'));
      await assert.rejects(index.searchDense(new Float32Array(8).fill(1), 3, gone), /the caller is gone/);
    });
  });
});
