import assert from 'node:assert/strict';
import type { SplitOrder } from '../../../../shard-node/training/run-training.js';
import { splitAndEvaluate } from '../../../../shard-node/training/split-training.js';
import { trainAndEvaluate } from '../../../../shard-node/training/structure-training.js';
import { readListCodebookFile } from '../../../../vector-index/codebook/list-codebook.js';
import { readStructureFile } from '../../../../vector-index/codebook/structure-file.js';
import { listCountOf } from '../../../../vector-index/codebook/structure.js';
import { circle } from './small-structures.js';

const task = {
  ...{ dim: 2, shortQueries: new Float32Array(0), documents: 200, seed: 3, targetRecall: 0.9, serving: null },
};

/** An order to split the first list of a trained structure, whose vectors are these. */
async function orderOf(vectors: Float32Array): Promise<SplitOrder> {
  const { structure, codebook, probes, shortProbes } = await trainAndEvaluate(
    { ...task, vectors: circle(1_000) },
    () => undefined,
  );
  const lists = [{ list: 0, size: 900, vectors }];
  return { version: 6, structure, codebook, lists, partSize: 500, nprobe: 2, probes, shortProbes };
}

describe('a split of lists', () => {
  it('gives files of a structure with more lists, which codes as before, with its calibration and progress', async () => {
    const order = await orderOf(circle(300));
    const shares: number[] = [];
    const files = await splitAndEvaluate({ ...task, vectors: circle(1_000) }, order, (_, share) => shares.push(share));
    const [before, after] = [readStructureFile(order.structure), readStructureFile(files.structure)];
    assert.deepEqual([files.lists, files.copies], [listCountOf(after), 1]);
    assert.ok(files.lists > listCountOf(before));
    assert.deepEqual(after.descent!.earlier, [{ version: 6, lists: listCountOf(before) }]);
    assert.ok(after.descent!.lists.subarray(listCountOf(before)).every((list) => list === 0));
    const [was, is] = [readListCodebookFile(order.codebook), readListCodebookFile(files.codebook)];
    assert.deepEqual(is.words, was.words);
    assert.deepEqual(is.bases.subarray(-2), was.bases.subarray(0, 2));
    assert.ok(files.heldOutAfter >= files.heldOutBefore);
    for (const probes of [files.probes, files.shortProbes]) {
      assert.equal(probes.at(-1)?.nprobe, files.lists);
      assert.ok(probes.every(({ nprobe }, i) => nprobe > (probes[i - 1]?.nprobe ?? 0)));
    }
    assert.ok(shares.length > 1 && shares.every((share, i) => share >= (shares[i - 1] ?? 0) && share <= 1));
  });

  it('is the same for the same seed', async () => {
    const order = await orderOf(circle(300));
    const split = () => splitAndEvaluate({ ...task, vectors: circle(500) }, order, () => undefined);
    assert.deepEqual(await split(), await split());
  });

  it('is refused where the vectors are alike', async () => {
    const order = await orderOf(new Float32Array(200).fill(0.7));
    const split = splitAndEvaluate({ ...task, vectors: circle(500) }, order, () => undefined);
    await assert.rejects(split, { code: 'INVALID_ARGUMENT', message: /alike; they serve as they are.*train again/ });
  });
});
