import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { seededRandom } from '../../../../base/random.js';
import { ShardIndex } from '../../../../vector-index/shard-index.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { inFolder } from '../../../temporary-folder.js';
import { codecs, entryAt } from '../fixtures.js';
import { dim, documents, first, second } from './split-index.js';

describe('the sizes of lists', () => {
  it('count living vectors in memory and in files, and are not known while rows lie in older lists', async () => {
    await inFolder(async (directory) => {
      const parts = { directory, settings: { dim, tokenDim: 8 }, codecs, files: systemFiles, clock: systemClock };
      const index = await ShardIndex.open({ ...parts, structure: first });
      index.apply(entryAt('s', 1n), { documents: documents.slice(0, 90) });
      await index.seal();
      index.apply(entryAt('s', 2n), { documents: documents.slice(90) });
      const superseded = documents.filter((_, at) => at % 7 === 0).map(({ id }) => ({ id, docId: 2n ** 50n }));
      index.apply(entryAt('s', 3n), { superseded });
      const counted = (): Uint32Array => {
        const sizes = new Uint32Array(7);
        const dead = new Set(superseded.map(({ id }) => id));
        for (const { id, docId, passage, dense } of documents)
          if (dense !== null && !dead.has(id))
            sizes[index.passages(docId).find((each) => each.passage === passage)!.list]! += 1;
        return sizes;
      };
      assert.deepEqual(await index.listSizes(), counted().subarray(0, 5));
      index.restructure(second);
      assert.equal(await index.listSizes(), null);
      while (await index.maintain());
      const sizes = (await index.listSizes())!;
      assert.deepEqual(sizes, counted());
      assert.ok(sizes[5]! > 0 && sizes[6]! > 0);
      await index.close();
    });
  });

  it('are not known where there are no lists', async () => {
    await inFolder(async (directory) => {
      const parts = { directory, settings: { dim, tokenDim: 8 }, codecs, files: systemFiles, clock: systemClock };
      const index = await ShardIndex.open(parts);
      assert.equal(await index.listSizes(), null);
      assert.deepEqual(await index.sampleLists(new Uint32Array(0), { count: 3, random: seededRandom(1) }), []);
      await index.close();
    });
  });
});
