import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { seededRandom } from '../../../../base/random.js';
import { toFloat16, toFloat32 } from '../../../../kernels/kernels.js';
import { ShardIndex } from '../../../../vector-index/shard-index.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { newFolder, removeFolder } from '../../../temporary-folder.js';
import { codecs, entryAt } from '../fixtures.js';
import { sampleLists } from '../../../../vector-index/search/sample-lists.js';
import { dim, documents, first, splitIndex } from './split-index.js';

describe('samples of lists', () => {
  let directory: string;
  let index: ShardIndex;

  before(async () => {
    directory = await newFolder();
    const parts = { directory, settings: { dim, tokenDim: 8 }, codecs, files: systemFiles, clock: systemClock };
    index = await ShardIndex.open({ ...parts, structure: first });
    index.apply(entryAt('s', 1n), { documents: documents.slice(0, 90) });
    await index.seal();
    index.apply(entryAt('s', 2n), { documents: documents.slice(90) });
    index.apply(entryAt('s', 3n), { superseded: [{ id: documents[3]!.id, docId: 2n ** 50n }] });
  });

  after(async () => {
    await index.close();
    await removeFolder(directory);
  });

  /** All vectors of a list as text, sorted. */
  function inList(list: number): string[] {
    const dead = documents[3]!.id;
    return documents
      .filter(({ id, docId, passage, dense }) => {
        const stored = index.passages(docId).find((each) => each.passage === passage);
        return dense !== null && id !== dead && stored?.list === list;
      })
      .map(({ dense }) => String(toFloat32(toFloat16(dense!))))
      .sort();
  }

  function rowsOf(vectors: Float32Array): string[] {
    return Array.from({ length: vectors.length / dim }, (_, i) =>
      String(vectors.subarray(i * dim, (i + 1) * dim)),
    ).sort();
  }

  it('have every living vector of each list where there are few', async () => {
    const samples = await index.sampleLists(Uint32Array.of(4, 1), { count: 1_000, random: seededRandom(1) });
    assert.deepEqual(samples.map(rowsOf), [inList(4), inList(1)]);
  });

  it('have so many of each otherwise, not the same ones each time', async () => {
    const draw = (seed: number): Promise<Float32Array[]> =>
      index.sampleLists(Uint32Array.of(0, 2), { count: 5, random: seededRandom(seed) });
    const [one, again, other] = [await draw(1), await draw(1), await draw(2)];
    assert.deepEqual(
      one.map(({ length }) => length / dim),
      [5, 5],
    );
    assert.deepEqual(again, one);
    assert.notDeepEqual(other, one);
    const all = new Set(inList(2));
    assert.ok(rowsOf(one[1]!).every((row) => all.has(row)));
  });

  it('are given up when the signal aborts', async () => {
    const drawn = index.sampleLists(Uint32Array.of(0), { count: 5, random: seededRandom(1) }, AbortSignal.abort());
    await assert.rejects(drawn, { name: 'AbortError' });
  });

  it('are given up also while they are copied', async () => {
    const split = await splitIndex();
    const stop = new AbortController();
    const options = { lists: Uint32Array.of(0), count: 5, dim, signal: stop.signal, random: seededRandom(1) };
    const pausesFor = async (count: number): Promise<number> => {
      let pauses = 0;
      await sampleLists(split.index, { ...options, count, pause: () => Promise.resolve(void (pauses += 1)) });
      return pauses;
    };
    const pauses = await pausesFor(5);
    assert.ok(pauses > (await pausesFor(0)));
    let left = pauses;
    const pause = (): Promise<void> => {
      left -= 1;
      if (left === 0) stop.abort();
      return Promise.resolve();
    };
    await assert.rejects(sampleLists(split.index, { ...options, pause }), { name: 'AbortError' });
    split.index.release();
  });
});
