import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { createLogger } from '../../../../base/logger.js';
import { BeginTrainingRequest } from '../../../../proto/generated/shoal/v1/training.js';
import type { Replica } from '../../../../shard-node/replica.js';
import type { RunTraining, TrainedFiles, TrainingTask } from '../../../../shard-node/training/run-training.js';
import { Trainings } from '../../../../shard-node/training/trainings.js';
import { FakeClock } from '../../../fake-clock.js';
import { circle, memoryObjects, registryWith, storeVersion } from './small-structures.js';

const files: TrainedFiles = {
  ...{ structure: Uint8Array.of(1), codebook: Uint8Array.of(2), lists: 4, copies: 2, secondBits: 3, sampled: 90 },
  ...{ heldOutBefore: 1, heldOutAfter: 0.96, probes: [{ nprobe: 2, recall: 0.96 }], shortProbes: [] },
};
const order = BeginTrainingRequest.fromPartial({ uid: 'u', method: 'structure', seed: 5, targetRecall: 0.95 });

function rig(run: RunTraining = async () => files) {
  const index = {
    ...{ sampleVectors: async () => circle(100), statistics: () => ({ documents: 100 }) },
    structureState: { version: 1, olderRows: 0 },
    listSizes: async () => Uint32Array.of(10, 90),
    sampleLists: async () => [circle(20)],
  };
  const replica = { dim: 2, index } as unknown as Replica;
  const [clock, objects] = [new FakeClock(), memoryObjects()];
  const logger = createLogger('test', 'silent');
  const trainings = new Trainings({
    replicas: { replica: () => replica },
    objects,
    registry: registryWith({ number: 3 }),
    clock,
    logger,
    run,
    splitLimits: { means: 1.2, least: 4 },
    checkpointEveryMs: 7,
  });
  return { trainings, clock, objects };
}

/** Runs until it is stopped. */
const endless: RunTraining = (_task, _onProgress, signal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new ShoalError('CANCELLED', 'stopped'))));

describe('the trainings of a node', () => {
  it('sample a replica, train, store the files and forget them', async () => {
    const given: TrainingTask[] = [];
    const { trainings, objects } = rig(async (task, onProgress) => {
      given.push(task);
      onProgress('training lists', 0.5);
      return files;
    });
    await storeVersion(objects, 'u', 1);
    const { training } = trainings.begin({ ...order, structureVersion: 1, nprobe: 3, copies: 2, secondBits: 3 });
    const answers = [await trainings.await(training)];
    while (answers.at(-1)!.codebook === undefined) answers.push(await trainings.await(training));
    assert.deepEqual([answers.at(-1)?.codebook?.heldOutAfter, answers.at(-1)?.codebook?.copies], [0.96, 2]);
    assert.deepEqual([given[0]?.documents, given[0]?.serving?.nprobe, given[0]?.vectors.length], [100, 3, 200]);
    assert.deepEqual([given[0]?.copies, given[0]?.secondBits], [2, 3]);
    assert.equal(answers.at(-1)?.codebook?.secondBits, 3);
    await trainings.store({ training, structureVersion: 2, codebookVersion: 2 });
    assert.deepEqual(await objects.get('structures/u/2'), files.structure);
    assert.deepEqual(await objects.get('codebooks/u/2'), files.codebook);
    await trainings.end(training);
    await assert.rejects(trainings.await(training), { code: 'UNAVAILABLE' });
  });

  it('split the lists that are too long, and nothing else', async () => {
    const given: TrainingTask[] = [];
    const { trainings, objects } = rig(async (task) => {
      given.push(task);
      return files;
    });
    await storeVersion(objects, 'u', 1);
    const split = { ...order, method: 'split', structureVersion: 1, codebookVersion: 1, nprobe: 1 };
    const { training } = trainings.begin(split);
    let codebook = (await trainings.await(training)).codebook;
    while (codebook === undefined) codebook = (await trainings.await(training)).codebook;
    assert.equal(codebook.method, 'split');
    assert.deepEqual(given[0]?.split?.lists, [{ list: 1, size: 90, vectors: circle(20) }]);
    await trainings.close();
  });

  it('are one at a time, and none once they are closed', async () => {
    const { trainings } = rig(endless);
    const { training } = trainings.begin(order);
    assert.throws(() => trainings.begin(order), { code: 'UNAVAILABLE' });
    const storing = trainings.store({ training, structureVersion: 1, codebookVersion: 1 });
    await assert.rejects(storing, { code: 'FAILED_PRECONDITION' });
    await trainings.close();
    assert.ok(trainings.begin(order).training > training);
    await trainings.close();
  });

  it('give the error of one that failed', async () => {
    const { trainings } = rig(async () => Promise.reject(new ShoalError('INVALID_ARGUMENT', 'no vectors')));
    const { training } = trainings.begin(order);
    const failed = async (): Promise<void> => {
      while ((await trainings.await(training)).codebook === undefined);
    };
    await assert.rejects(failed(), { code: 'INVALID_ARGUMENT' });
    await trainings.close();
  });

  it('are stopped when nobody asks about them any more', async () => {
    const { trainings, clock } = rig(endless);
    trainings.begin(order);
    await clock.advance(90_000);
    for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
    trainings.begin(order);
    await trainings.close();
  });

  it('end, and are not taken over, where something else serves by now than what they were compared with', async () => {
    for (const other of [{ parametersVersion: 9 }, { codebookVersion: 9 }, { structureVersion: 9 }, { number: 4 }]) {
      const { trainings } = rig(endless);
      const { training } = trainings.begin({ ...order, number: 3 });
      const next = { ...order, number: 3, ...other };
      assert.throws(() => trainings.begin(next), { code: 'UNAVAILABLE' });
      await trainings.end(training);
      assert.equal(trainings.begin(next).takenOver, false);
      await trainings.close();
    }
  });

  it('go on for another coordinator, and not for the one that began them', async () => {
    const { trainings } = rig(endless);
    const { training: first } = trainings.begin({ ...order, number: 3 });
    const { training: second, takenOver } = trainings.begin({ ...order, number: 3 });
    assert.equal(takenOver, true);
    assert.notEqual(second, first);
    await assert.rejects(trainings.await(first), { code: 'UNAVAILABLE' });
    await trainings.end(first);
    for (const other of [{ number: 2 }, { number: 3, uid: 'v' }, { number: 0 }])
      assert.throws(() => trainings.begin({ ...order, ...other }), { code: 'UNAVAILABLE' });
    await trainings.end(second);
    trainings.begin({ ...order, number: 4 });
    await trainings.close();
  });

  it('leave what can be gone on with, and give it to the next attempt', async () => {
    const given: (TrainingTask['checkpoints'] | undefined)[] = [];
    const { trainings, objects } = rig(async (task, _onProgress, signal, leavings) => {
      given.push(task.checkpoints);
      const isFirst = given.length === 1;
      if (!isFirst) leavings.resumed(0.5);
      leavings.left(30 * given.length, Uint8Array.of(given.length));
      return isFirst ? endless(task, () => undefined, signal, leavings) : files;
    });
    await storeVersion(objects, 'u', 1);
    const learn = { ...order, method: 'distill-vq', structureVersion: 1, codebookVersion: 1, number: 3 };
    const { training: first } = trainings.begin(learn);
    while ((await objects.list('trainings/u/3/')).length === 0) await trainings.await(first);
    await trainings.end(first);
    const { training: second } = trainings.begin(learn);
    let answer = await trainings.await(second);
    while (answer.codebook === undefined) answer = await trainings.await(second);
    assert.deepEqual(given, [
      { everyMs: 7, last: null },
      { everyMs: 7, last: Uint8Array.of(1) },
    ]);
    assert.ok(answer.resumedShare! > 0.5 && answer.resumedShare! < 0.52);
    await trainings.close();
    assert.deepEqual(await objects.list('trainings/'), ['trainings/u/3/checkpoint-0000000060']);
    const { training } = trainings.begin({ ...learn, number: 0 });
    while ((await trainings.await(training)).codebook === undefined);
    assert.deepEqual(given.slice(2), [undefined]);
    await trainings.close();
  });

  it('say that they begin anew once they know it', async () => {
    const state = { refuse: (): void => undefined };
    const refusal = new Promise<void>((resolve) => (state.refuse = resolve));
    const { trainings, objects } = rig(async (task, onProgress, signal, leavings) => {
      onProgress('coding', 0.1);
      if (task.checkpoints?.last !== null) {
        await refusal;
        leavings.refused('something else was held out');
        onProgress('learning', 0.2);
      }
      return endless(task, onProgress, signal, leavings);
    });
    await storeVersion(objects, 'u', 1);
    await objects.put('trainings/u/3/checkpoint-0000000030', Uint8Array.of(1));
    const learn = { ...order, method: 'distill-vq', structureVersion: 1, codebookVersion: 1, number: 3 };
    const { training } = trainings.begin(learn);
    const coding = await trainings.await(training);
    const awaited = trainings.await(training);
    state.refuse();
    const learning = await awaited;
    assert.deepEqual([coding.step, coding.resumedShare], ['coding', undefined]);
    assert.deepEqual([learning.step, learning.resumedShare], ['learning', 0]);
    await trainings.close();
    // Nothing is there to go on from.
    const { training: other } = trainings.begin({ ...learn, number: 4 });
    assert.equal((await trainings.await(other)).resumedShare, 0);
    await trainings.close();
  });
});
