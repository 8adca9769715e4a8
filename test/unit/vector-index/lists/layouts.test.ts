/**
 * Answers of coded lists are a function of the documents and the structure. The same documents lie in the mutable segment, in one
 * file, in ten, merged, and coded late; every answer has to be the same in every bit.
 */
import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { seededRandom, type Random } from '../../../../base/random.js';
import type { ListStructure } from '../../../../vector-index/codebook/list-structure.js';
import type { IndexDocument } from '../../../../vector-index/document.js';
import type { Selection } from '../../../../vector-index/filter/row-filter.js';
import { ShardIndex } from '../../../../vector-index/shard-index.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { inFolder } from '../../../temporary-folder.js';
import { codecs, entryAt } from '../fixtures.js';
import { nearVector, toyDocuments, toyStructure } from './fixtures.js';

interface Layout {
  readonly name: string;
  /** Records that a seal follows; 0 = none. */
  readonly sealEvery: number;
  readonly merge?: boolean;
  /** The structure comes after the documents. */
  readonly late?: boolean;
  /** Documents arrive from the last to the first. */
  readonly backwards?: boolean;
}

const records = 20;

interface Found {
  readonly hash: bigint;
  readonly found: readonly unknown[];
}

/** What the answers of all others have to be. */
const first: Layout = { name: 'in memory', sealEvery: 0 };

const others: readonly Layout[] = [
  { name: 'in memory, backwards', sealEvery: 0, backwards: true },
  { name: 'one file', sealEvery: records },
  { name: 'ten files', sealEvery: 2 },
  { name: 'files and memory', sealEvery: 3 },
  { name: 'merged', sealEvery: 2, merge: true },
  { name: 'coded late, from memory', sealEvery: 0, late: true },
  { name: 'coded late, from files', sealEvery: 2, late: true },
  { name: 'coded late, from merged files', sealEvery: 2, late: true, merge: true, backwards: true },
];

async function build(
  directory: string,
  { documents, structure, layout }: { documents: readonly IndexDocument[]; structure: ListStructure; layout: Layout },
): Promise<ShardIndex> {
  const dim = structure.structure.dim;
  const limits = { mergeFanIn: layout.merge === true ? 2 : 100, tombstoneShareMax: layout.merge === true ? 0 : 1 };
  const index = await ShardIndex.open({
    ...{ directory, settings: { dim, tokenDim: 8 }, codecs, limits, files: systemFiles, clock: systemClock },
    structure: layout.late === true ? null : structure,
  });
  for (let record = 0; record < records; record += 1) {
    const at = layout.backwards === true ? records - 1 - record : record;
    const part = documents.filter(({ docId }) => Number(docId % 4096n) === at);
    index.apply(entryAt('s', BigInt(record + 1)), { documents: part });
    if (layout.sealEvery > 0 && (record + 1) % layout.sealEvery === 0) await index.seal();
  }
  const gone = documents.filter((_, at) => at % 7 === 3);
  const superseded = gone.map(({ id }) => ({ id, docId: 2n ** 60n }));
  index.apply(entryAt('s', BigInt(records + 1)), { superseded });
  if (layout.merge === true) {
    await index.seal();
    while (await index.maintain());
    assert.ok(index.statistics(new Uint32Array(0)).segments <= 2);
  }
  if (layout.late === true) {
    index.restructure(structure);
    while (await index.maintain());
    assert.deepEqual(index.structureState, { version: structure.version, olderRows: 0 });
  }
  return index;
}

const selections: readonly Selection[] = [
  { filter: null, lists: null },
  { filter: null, lists: Uint32Array.of(0, 1, 4, 7, 300) },
  { filter: null, lists: Uint32Array.of(3) },
  { filter: yearBelow(50n), lists: null },
  { filter: yearBelow(3n), lists: Uint32Array.of(2, 5, 6) },
  { filter: yearBelow(-1n), lists: null },
];

function yearBelow(year: bigint): Selection['filter'] {
  return { kind: 'compare', attribute: 'year', type: 'int64', isList: false, comparator: 'less', values: [year] };
}

async function answers(index: ShardIndex, queries: readonly Float32Array[]): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const selection of selections) {
    for (const dense of queries) {
      for (const k of [1, 10, 60, 20_000]) found.push(await index.scan({ dense, sparse: null, k, selection }));
    }
  }
  return found;
}

describe('answers of coded lists', () => {
  for (const [dim, dsub, count, hasCopies, secondKind] of [
    [16, 4, 2400, false, 4],
    [16, 4, 2400, true, 4],
    [16, 4, 2400, true, 12],
    [3, 4, 1600, false, 4],
    [3, 4, 1600, true, 4],
    [1, 1, 1400, true, 4],
    [13, 4, 900, false, 3],
    [13, 4, 900, true, 6],
    [13, 4, 900, false, 15],
  ] as const) {
    const times = hasCopies ? 'twice' : 'once';
    describe(`are the same in every bit however ${count} documents of ${dim} dimensions lie ${times} in lists of kind ${secondKind}`, () => {
      const random = seededRandom(dim);
      const structure = toyStructure({ dim, lists: 8, dsub, hasCopies, secondKind });
      const documents = toyDocuments(random, structure, count);
      const queries = someQueries(random, structure);
      const found = (layout: Layout): Promise<Found> =>
        inFolder(async (folder) => {
          const index = await build(folder, { documents, structure, layout });
          const all = { hash: index.contentHash(), found: await answers(index, queries) };
          await index.close();
          return all;
        });
      let expected: Found;

      before(async () => {
        expected = await found(first);
      });

      for (const layout of others)
        it(layout.name, async () => {
          assert.deepEqual(await found(layout), expected);
        });
    });
  }
});

function someQueries(random: Random, structure: ListStructure): Float32Array[] {
  const zero = new Float32Array(structure.structure.dim);
  return [nearVector(random, structure), zero];
}
