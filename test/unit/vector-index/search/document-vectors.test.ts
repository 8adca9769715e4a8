import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { seededRandom } from '../../../../base/random.js';
import type { IndexDocument } from '../../../../vector-index/document.js';
import { ShardIndex } from '../../../../vector-index/shard-index.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { newFolder, removeFolder } from '../../../temporary-folder.js';

function passageOf(number: number, passage = 0): IndexDocument {
  return {
    ...{ docId: BigInt(number), passage, start: 0, end: 0, contentHash: 0n, id: `d${number}`, title: null },
    ...{ text: '', attributes: {}, list: 0, home: 0, terms: null, tokens: null },
    dense: number === 7 ? null : Float32Array.of(number, passage),
  };
}

describe('vectors of some documents', () => {
  let directory: string;
  let index: ShardIndex;

  before(async () => {
    directory = await newFolder();
    const parts = { codecs: () => null, structure: null, clock: systemClock, files: systemFiles };
    index = await ShardIndex.open({ ...parts, directory, settings: { dim: 2, tokenDim: 0 } });
    const documents = [1, 2, 3, 4].map((number) => passageOf(number));
    index.apply({ subject: 's', sequence: 1n, timeMs: 0 }, { documents: [...documents, passageOf(3, 1)] });
    await index.seal();
    index.apply({ subject: 's', sequence: 2n, timeMs: 0 }, { documents: [5, 6, 7].map((number) => passageOf(number)) });
    index.apply({ subject: 's', sequence: 3n, timeMs: 0 }, { superseded: [{ id: 'd2', docId: 200n }] });
  });

  after(async () => {
    await index.close();
    await removeFolder(directory);
  });

  it('are those of all passages that are there, and others are sampled besides', async () => {
    const asked = BigUint64Array.of(6n, 2n, 3n, 7n, 99n);
    const { own, others } = await index.sampleAround(asked, { count: 9, random: seededRandom(1) });
    assert.deepEqual([...own.vectors], [6, 0, 3, 0, 3, 1]);
    assert.deepEqual([...own.owners], [0, 2, 2]);
    assert.deepEqual([...others].filter((_, i) => i % 2 === 0).sort(), [1, 4, 5]);
    assert.equal((await index.sampleAround(asked, { count: 2, random: seededRandom(1) })).others.length, 4);
  });

  it('are not read on when nobody wants them any more', async () => {
    const options = { count: 1, random: seededRandom(1) };
    await assert.rejects(index.sampleAround(BigUint64Array.of(1n), options, AbortSignal.abort()));
  });
});
