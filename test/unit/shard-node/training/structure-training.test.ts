import assert from 'node:assert/strict';
import { trainAndEvaluate } from '../../../../shard-node/training/structure-training.js';
import { codedLists, readListCodebookFile } from '../../../../vector-index/codebook/list-codebook.js';
import { readStructureFile, writeStructureFile } from '../../../../vector-index/codebook/structure-file.js';
import { listCountOf } from '../../../../vector-index/codebook/structure.js';
import { signWords } from '../../../../kernels/sign-words.js';
import { cloudsOf } from '../../trainer/structure/clouds.js';
import { circle, structure } from './small-structures.js';

const task = {
  ...{ dim: 2, shortQueries: new Float32Array(0), documents: 2_000, seed: 3, targetRecall: 0.9 },
  serving: null,
};

describe('training a structure on a sample', () => {
  it('gives files that belong together, what they are worth, and its progress', async () => {
    const shares: number[] = [];
    const files = await trainAndEvaluate({ ...task, vectors: circle(1_000) }, (_, share) => shares.push(share));
    const trained = readStructureFile(files.structure);
    assert.deepEqual(
      [listCountOf(trained), codedLists(readListCodebookFile(files.codebook))],
      [files.lists, files.lists],
    );
    assert.deepEqual([files.sampled, files.heldOutBefore], [900, 1]);
    // Without short questions it calibrates with points between the vectors.
    assert.equal(files.shortProbes.at(-1)?.nprobe, files.lists);
    assert.ok(files.heldOutAfter >= 0.9);
    assert.equal(files.probes.at(-1)?.nprobe, files.lists);
    assert.ok(shares.every((share, i) => share >= (shares[i - 1] ?? 0) && share <= 1));
  });

  it('is the same for the same seed', async () => {
    const [first, second] = [
      await trainAndEvaluate({ ...task, vectors: circle(1_000) }, () => undefined),
      await trainAndEvaluate({ ...task, vectors: circle(1_000) }, () => undefined),
    ];
    assert.deepEqual(first, second);
  });

  it('measures what serves on the same queries, and calibrates for short ones', async () => {
    const serving = { structure: writeStructureFile(structure), nprobe: 1 };
    const shortQueries = Float32Array.of(1, 0, 0.7, 0.7);
    const files = await trainAndEvaluate({ ...task, vectors: circle(1_000), serving, shortQueries }, () => undefined);
    assert.ok(files.heldOutBefore > 0 && files.heldOutBefore < 1);
    assert.equal(files.shortProbes.length, files.probes.length);
  });

  it('keeps routes where they lead questions that were not learned to as much with fewer lists', async () => {
    const { dim, vectors, queries } = cloudsOf({ dim: 32, clouds: 200, vectors: 6_000, queries: 1_200 });
    const of = { ...task, dim, documents: 3_000, shortQueries: queries };
    const files = await trainAndEvaluate({ ...of, vectors: vectors.slice() }, () => undefined);
    const { routing, centroids } = readStructureFile(files.structure);
    assert.equal(routing?.length, centroids.length);
    assert.equal(files.shortProbes.length, files.probes.length);
  });

  it('keeps the centroids where routes lead to no more', async () => {
    // Every query reads one list, whatever leads there.
    const vectors = Float32Array.from({ length: 2_000 }, (_, i) => (i % 2 === 0 ? 1 : 0));
    const files = await trainAndEvaluate({ ...task, vectors }, () => undefined);
    assert.equal(readStructureFile(files.structure).routing, undefined);
  });

  it('gives one list with codes of signs where nothing is to be learned yet', async () => {
    const { dim, vectors, queries } = cloudsOf({ dim: 32, clouds: 40, vectors: 3_000, queries: 200 });
    const of = { ...task, dim, vectors, shortQueries: queries, documents: 3_000, copies: 2, untrained: true } as const;
    const files = await trainAndEvaluate(of, () => undefined);
    assert.deepEqual([files.lists, files.copies, files.probes.length, files.shortProbes.length], [1, 1, 1, 1]);
    assert.deepEqual(readListCodebookFile(files.codebook).words, signWords(dim / 4));
    assert.equal(readStructureFile(files.structure).routing, undefined);
    assert.ok(files.heldOutAfter >= 0.95, `recall ${files.heldOutAfter}`);
  });

  it('names lists around each where documents lie in two, which need fewer of them', async () => {
    const { dim, vectors } = cloudsOf({ dim: 32, clouds: 40, vectors: 3_000, queries: 1 });
    const [one, two] = [
      await trainAndEvaluate({ ...task, dim, documents: 3_000, vectors: vectors.slice() }, () => undefined),
      await trainAndEvaluate(
        { ...task, dim, documents: 3_000, copies: 2, secondBits: 2, vectors: vectors.slice() },
        () => undefined,
      ),
    ];
    assert.deepEqual([one.copies, two.copies], [1, 2]);
    assert.deepEqual(
      [one, two].map(({ secondBits }) => secondBits),
      [4, 2],
    );
    assert.equal(readListCodebookFile(two.codebook).secondKind, 10);
    assert.equal(readStructureFile(one.structure).around, undefined);
    assert.ok(readStructureFile(two.structure).around !== undefined);
    const [alone, both] = [one, two].map(({ probes }) => probes.find(({ nprobe }) => nprobe === 1)?.recall ?? 0);
    assert.ok(both! > alone!, `${both} in two lists, ${alone} in one`);
  });
});
