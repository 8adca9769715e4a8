import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { seededRandom, type Random } from '../../../../base/random.js';
import { ShardIndex } from '../../../../vector-index/shard-index.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import type { IndexDocument } from '../../../../vector-index/document.js';
import { newFolder, removeFolder } from '../../../temporary-folder.js';

function document(number: number): IndexDocument {
  return {
    ...{ docId: BigInt(number), passage: 0, start: 0, end: 0, contentHash: 0n, id: `d${number}`, title: null },
    ...{ text: '', attributes: {}, list: 0, home: 0, terms: null, tokens: null },
    dense: number % 5 === 0 ? null : Float32Array.of(number, 1),
  };
}

describe('a sample of vectors', () => {
  let directory: string;
  let index: ShardIndex;

  before(async () => {
    directory = await newFolder();
    const settings = { dim: 2, tokenDim: 0 };
    const parts = { codecs: () => null, structure: null, clock: systemClock, files: systemFiles };
    index = await ShardIndex.open({ ...parts, directory, settings });
    const documents = Array.from({ length: 100 }, (_, i) => document(i + 1));
    index.apply({ subject: 's', sequence: 1n, timeMs: 0 }, { documents: documents.slice(0, 60) });
    await index.seal();
    index.apply({ subject: 's', sequence: 2n, timeMs: 0 }, { documents: documents.slice(60) });
    const superseded = [{ id: 'd1', docId: 200n }];
    index.apply({ subject: 's', sequence: 3n, timeMs: 0 }, { superseded });
  });

  after(async () => {
    await index.close();
    await removeFolder(directory);
  });

  async function sampled(count: number, random: Random): Promise<number[]> {
    const vectors = await index.sampleVectors(count, random);
    return Array.from({ length: vectors.length / 2 }, (_, row) => vectors[2 * row]!);
  }

  it('has every living row with a vector where all are wanted, of sealed segments and of the mutable one', async () => {
    const all = (await sampled(1_000, seededRandom(1))).sort((a, b) => a - b);
    assert.deepEqual(
      all,
      Array.from({ length: 100 }, (_, i) => i + 1).filter((number) => number % 5 !== 0 && number !== 1),
    );
  });

  it('has as many as wanted, each once, the same for the same seed, and all about equally often', async () => {
    assert.deepEqual(await sampled(20, seededRandom(3)), await sampled(20, seededRandom(3)));
    const random = seededRandom(4);
    const counts = new Map<number, number>();
    for (let round = 0; round < 200; round += 1) {
      const some = await sampled(20, random);
      assert.equal(new Set(some).size, 20);
      for (const number of some) counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    assert.equal(counts.size, 79);
    assert.ok([...counts.values()].every((count) => count > 20 && count < 90));
  });

  it('is the same on another node, whose segments are others', async () => {
    const folder = await newFolder();
    const parts = { codecs: () => null, structure: null, clock: systemClock, files: systemFiles };
    const other = await ShardIndex.open({ ...parts, directory: folder, settings: { dim: 2, tokenDim: 0 } });
    try {
      const documents = Array.from({ length: 100 }, (_, i) => document(i + 1));
      for (const [at, from] of [0, 17, 34, 81].entries()) {
        const to = [17, 34, 81, 100][at]!;
        other.apply({ subject: 's', sequence: BigInt(at + 1), timeMs: 0 }, { documents: documents.slice(from, to) });
        if (at !== 1) await other.seal();
      }
      other.apply({ subject: 's', sequence: 9n, timeMs: 0 }, { superseded: [{ id: 'd1', docId: 200n }] });
      for (const count of [5, 40, 1_000])
        assert.deepEqual(
          await other.sampleVectors(count, seededRandom(6)),
          await index.sampleVectors(count, seededRandom(6)),
        );
    } finally {
      await other.close();
      await removeFolder(folder);
    }
  });

  it('ends when nobody wants it any more', async () => {
    await assert.rejects(index.sampleVectors(10, seededRandom(1), AbortSignal.abort()));
  });
});
