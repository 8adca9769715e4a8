import assert from 'node:assert/strict';
import { bufferOf } from '../../../../base/bytes.js';
import { BeginTrainingRequest } from '../../../../proto/generated/shoal/v1/training.js';
import type { Replica } from '../../../../shard-node/replica.js';
import { trainingTask } from '../../../../shard-node/training/training-task.js';
import { circle, memoryObjects, storeVersion } from './small-structures.js';

const asked: number[] = [];
const index = {
  sampleVectors: async (count: number) => (asked.push(count), circle(100)),
  sampleAround: async (docIds: BigUint64Array) => ({
    own: { vectors: circle(docIds.length), owners: Uint32Array.from(docIds.keys()) },
    others: circle(50),
  }),
  statistics: () => ({ documents: 1_000_000 }),
};
const replica = { dim: 2, index } as unknown as Replica;
const usual = { uid: 'u', seed: 5, targetRecall: 0.95, structureVersion: 1, codebookVersion: 1 };

async function taskOf(changes: Partial<BeginTrainingRequest>) {
  const objects = memoryObjects();
  await storeVersion(objects, 'u', 1);
  const parts = { objects, splitLimits: { means: 1.2, least: 4 }, signal: new AbortController().signal };
  return trainingTask(BeginTrainingRequest.fromPartial({ ...usual, ...changes }), replica, parts);
}

describe('the task of a training', () => {
  it('has rows for the lists of so many documents, and what serves', async () => {
    const task = await taskOf({ method: 'structure', nprobe: 3, copies: 2 });
    assert.deepEqual([task.documents, task.serving?.nprobe, task.copies, task.untrained], [1_000_000, 3, 2, undefined]);
    assert.ok(asked.at(-1)! > 100_000);
    assert.equal((await taskOf({ method: 'rabitq', structureVersion: 0 })).serving, null);
    assert.equal((await taskOf({ method: 'rabitq' })).untrained, true);
  });

  it('has what is to be learned without labels, or from judgements', async () => {
    const queries = bufferOf(Float32Array.of(1, 0, 0, 1));
    const { learn, vectors, serving } = await taskOf({ method: 'distill-vq', queries });
    assert.equal(serving, null, 'what serves comes with the order');
    assert.deepEqual([learn?.version, learn?.relevant, vectors.length, asked.at(-1)], [1, undefined, 200, 131_072]);
    const judged = await taskOf({
      ...{ method: 'jpq', queries, relevant: bufferOf(BigUint64Array.of(8n, 9n)) },
      relevantCounts: bufferOf(Uint32Array.of(1, 1)),
    });
    assert.deepEqual([judged.learn?.version, judged.vectors.length], [1, 104]);
    assert.deepEqual(judged.learn?.relevant, [Uint32Array.of(0), Uint32Array.of(1)]);
  });
});
