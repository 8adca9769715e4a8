import assert from 'node:assert/strict';
import { trainAndEvaluate } from '../../../../shard-node/training/structure-training.js';
import { codedLists, readListCodebookFile } from '../../../../vector-index/codebook/list-codebook.js';
import { readStructureFile, writeStructureFile } from '../../../../vector-index/codebook/structure-file.js';
import { listCountOf } from '../../../../vector-index/codebook/structure.js';
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
});
