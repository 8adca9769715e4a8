/** Lists split while an index serves: it answers at once, and after it was rewritten, as one that was filled under the new structure. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../../base/clock.js';
import { seededRandom } from '../../../../base/random.js';
import type { ListStructure } from '../../../../vector-index/codebook/list-structure.js';
import type { CandidateColumns, IndexDocument } from '../../../../vector-index/document.js';
import { ShardIndex } from '../../../../vector-index/shard-index.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { inFolder } from '../../../temporary-folder.js';
import { codecs, entryAt } from '../fixtures.js';
import { nearVector, toyDocuments, toyStructure } from './fixtures.js';
import { splitToy } from './split-structures.js';

const dim = 8;
const first = toyStructure({ dim, lists: 4, version: 1 });
const second = splitToy(first, 3, [1, 2]);
/** Parts of parts, and a list that was whole until now. */
const third = splitToy(second, 4, [0, 1, 5], 3);
const documents = toyDocuments(seededRandom(1), first, 400).slice(0, 400);
const records = [0, 1, 2, 3].map((at) => documents.slice(at * 100, (at + 1) * 100));

function openAt(directory: string, structure: ListStructure | null, limits = {}): Promise<ShardIndex> {
  const settings = { dim, tokenDim: 8 };
  return ShardIndex.open({ directory, settings, codecs, structure, limits, files: systemFiles, clock: systemClock });
}

function apply(index: ShardIndex, at: number, routed: readonly IndexDocument[] = records[at]!): void {
  index.apply(entryAt('s', BigInt(at + 1)), { documents: routed });
}

/** What a search of some lists finds, by codes and exactly. */
async function answers(index: ShardIndex, structure: ListStructure): Promise<readonly CandidateColumns[]> {
  const found: CandidateColumns[] = [];
  const random = seededRandom(7);
  const count = structure.structure.centroids.length / dim;
  for (let round = 0; round < 30; round += 1) {
    const lists = Uint32Array.from(Array(count).keys()).filter(() => random.below(3) === 0);
    const query = nearVector(random, structure);
    for (const k of [3, 1_000])
      for (const isExact of [false, true]) {
        const selection = { filter: null, lists };
        found.push((await index.scan({ dense: query, sparse: null, k, isExact, selection })).dense!);
      }
  }
  return found;
}

/** An index under `structure` from the start. */
async function expected(folder: string, structure: ListStructure): Promise<readonly CandidateColumns[]> {
  const index = await openAt(join(folder, 'expected'), structure);
  records.forEach((_, at) => apply(index, at));
  const found = await answers(index, structure);
  await index.close();
  return found;
}

describe('rows of lists that were split', () => {
  it('are found where they belong, before they are moved and after, in memory and in files', async () => {
    await inFolder(async (folder) => {
      const index = await openAt(join(folder, 'index'), first);
      apply(index, 0);
      await index.seal();
      apply(index, 1);
      index.restructure(second);
      apply(index, 2);
      await index.seal();
      index.restructure(third);
      apply(index, 3);
      const wanted = await expected(folder, third);
      assert.deepEqual(await answers(index, third), wanted);
      assert.ok(index.structureState.olderRows > 0);
      while (await index.maintain());
      assert.equal(index.structureState.olderRows, 0);
      assert.deepEqual(await answers(index, third), wanted);
      assert.deepEqual(await index.verify(), []);
      await index.close();
    });
  });

  it('are the same, codes included, on a replica that heard of the last split only, and on one that was restarted', async () => {
    await inFolder(async (folder) => {
      const parts = { s: first, t: second };
      const routed = records.map((each, at) => routedUnder(each, at % 2 === 0 ? parts.s : parts.t));
      const one = await openAt(join(folder, 'one'), first);
      apply(one, 0, routed[0]);
      await one.seal();
      one.restructure(second);
      apply(one, 1, routed[1]);
      apply(one, 2, routed[2]);
      await one.seal();
      await one.maintain();
      await one.close();
      const again = await openAt(join(folder, 'one'), third);
      apply(again, 3, routed[3]);
      const other = await openAt(join(folder, 'other'), third);
      routed.forEach((each, at) => apply(other, at, each));
      for (const index of [again, other]) {
        await index.seal();
        while (await index.maintain());
      }
      assert.equal(again.contentHash(), other.contentHash());
      assert.deepEqual(await answers(again, third), await answers(other, third));
      await again.close();
      await other.close();
    });
  });

  it('are alone in being moved: a segment without them stays as it is, and is merged with newer ones', async () => {
    await inFolder(async (folder) => {
      const listed = await openAt(join(folder, 'listed'), first);
      apply(listed, 0);
      const isWhole = ({ list }: IndexDocument): boolean => list === 0 || list === 3;
      const whole = records[0]!.filter(({ docId }) => listed.passages(docId).every(isWhole));
      await listed.close();
      const more = whole.map((each) => ({ ...each, id: `${each.id}x`, docId: each.docId + 1_000_000n }));
      assert.ok(whole.length > 20);
      const directory = join(folder, 'index');
      const index = await openAt(directory, first, { mergeFanIn: 2 });
      apply(index, 0, whole);
      await index.seal();
      const files = (await readdir(directory)).filter((name) => name.endsWith('.segment'));
      index.restructure(second);
      while (await index.maintain());
      assert.equal(index.structureState.olderRows, 0);
      assert.equal((await index.listSizes())!.length, 6);
      assert.deepEqual(
        (await readdir(directory)).filter((name) => name.endsWith('.segment')),
        files,
      );
      const wanted = await openAt(join(folder, 'wanted'), second);
      [whole, more].forEach((each, at) => apply(wanted, at, each));
      apply(index, 1, more);
      await index.seal();
      const found = await answers(wanted, second);
      assert.deepEqual(await answers(index, second), found);
      assert.equal(index.statistics(Uint32Array.of()).segments, 2);
      while (await index.maintain());
      assert.equal(index.statistics(Uint32Array.of()).segments, 1);
      assert.deepEqual(await answers(index, second), found);
      assert.deepEqual(await index.verify(), []);
      await index.close();
      await wanted.close();
    });
  });

  it('keep their codes: nothing is encoded again', async () => {
    await inFolder(async (folder) => {
      const index = await openAt(join(folder, 'index'), first);
      records.forEach((_, at) => apply(index, at));
      await index.seal();
      const everything = { filter: null, lists: null };
      const query = nearVector(seededRandom(2), first);
      const before = await index.scan({ dense: query, sparse: null, k: 1_000, selection: everything });
      const listed = new Map(documents.map(({ docId }) => [docId, index.passages(docId).map(({ list }) => list)]));
      index.restructure(second);
      while (await index.maintain());
      assert.deepEqual(await index.scan({ dense: query, sparse: null, k: 1_000, selection: everything }), before);
      const moved = documents.filter(
        ({ docId, passage }) => index.passages(docId)[passage]?.list !== listed.get(docId)![passage],
      );
      assert.ok(moved.length > 20);
      for (const { docId, passage } of moved) {
        const [was, is] = [listed.get(docId)![passage]!, index.passages(docId)[passage]!.list];
        assert.equal(second.structure.descent!.lists[is], was);
      }
      const sizes = await index.listSizes();
      assert.equal(sizes!.length, 6);
      const dense = new Set(
        documents.filter((each) => each.dense !== null).map((each) => `${each.docId} ${each.passage}`),
      );
      assert.equal(
        sizes!.reduce((sum, size) => sum + size, 0),
        dense.size,
      );
      await index.close();
    });
  });
});

/** Documents as a coordinator with that structure names their lists. */
function routedUnder(given: readonly IndexDocument[], structure: ListStructure): IndexDocument[] {
  let home = 0;
  return given.map((document) => {
    const list = document.dense === null ? 0 : nearest(document.dense, structure);
    if (document.passage === 0) home = list;
    return { ...document, list, home, structureVersion: structure.version };
  });
}

/** Of all centroids, not only of the parts of the nearest trained list: whoever routes decides. */
function nearest(vector: Float32Array, { structure: { centroids } }: ListStructure): number {
  let [best, most] = [0, -Infinity];
  for (let list = 0; list * dim < centroids.length; list += 1) {
    const score = vector.reduce((sum, value, j) => sum + value * centroids[list * dim + j]!, 0);
    if (score > most) [best, most] = [list, score];
  }
  return best;
}
