import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { Claim } from '../../../../coordinator/training/claim.js';
import { carryOut, trainable, type TrainingTask } from '../../../../coordinator/training/train.js';
import { TrainRequest, type TrainResult } from '../../../../proto/generated/shoal/v1/training.js';
import { deadlineOf } from '../fixtures.js';
import { codebook, trainingRig, type TrainingRig } from './fixtures.js';

interface Changes extends Partial<TrainRequest> {
  readonly task?: Partial<TrainingTask>;
}

async function train({ parts }: TrainingRig, { task, ...changes }: Changes = {}): Promise<TrainResult> {
  const request = { ...TrainRequest.fromPartial({ collection: 'notes', method: 'structure', ...changes }), seed: 1 };
  const ready = await trainable(request, parts, deadlineOf());
  const claim = await Claim.take(ready.settings, parts);
  const own = {
    number: 0,
    node: '',
    ending: () => Promise.resolve({}),
    begun: () => Promise.resolve(),
    isLeft: () => false,
  };
  try {
    const steps = carryOut({ ...ready, ...own, request, claim, ...task }, parts, deadlineOf());
    for (;;) {
      const next = await steps.next();
      if (next.done === true) return next.value;
    }
  } finally {
    await claim.end();
  }
}

describe('training a collection', () => {
  it('stores and publishes what reaches the target, with what is to be written beside it', async () => {
    const rig = trainingRig();
    const ending = async ({ version }: TrainResult) => ({
      writes: [{ operation: 'put', key: 'beside', value: Buffer.of(version) }] as const,
    });
    const result = await train(rig, { task: { ending } });
    assert.deepEqual([result.published, result.from, result.version], [true, 0, 1]);
    assert.equal((await rig.stored()).codebookVersion, 1);
    assert.deepEqual((await rig.registry.get('beside'))?.value, Buffer.of(1));
    assert.equal((await train(rig)).version, 2);
  });

  it('publishes nothing after a dry run, and nothing that would find less', async () => {
    const rig = trainingRig({ trained: { ...codebook, heldOutAfter: 0.5 } });
    assert.match((await train(rig)).reason, /would find less/);
    assert.match((await train(rig, { dryRun: true })).reason, /dry run, and would not be: .*would find less/);
    const better = trainingRig();
    assert.match((await train(better, { dryRun: true })).reason, /dry run, and would be$/);
    for (const { stored } of [rig, better]) assert.equal((await stored()).versionsGiven, 0);
    assert.ok(!rig.calls.some((call) => call.startsWith('StoreTraining')));
  });

  it('goes on with another replica, as long as there is one', async () => {
    const rig = trainingRig();
    rig.failures.set('AwaitTraining a:1', new ShoalError('UNAVAILABLE', 'the node is gone'));
    assert.equal((await train(rig)).published, true);
    assert.ok(rig.calls.includes('BeginTraining b:1'));
    rig.failures.set('BeginTraining b:1', new ShoalError('UNAVAILABLE', 'it trains something else'));
    await assert.rejects(train(rig), { code: 'UNAVAILABLE', message: /something else/ });
  });

  it('goes on with another replica where the files of one are damaged, and waits for one that is busy', async () => {
    const rig = trainingRig();
    const damaged = new ShoalError('DATA_LOSS', 'the checksum does not match');
    rig.failures.set('AwaitTraining a:1', damaged);
    assert.equal((await train(rig)).published, true);
    rig.failures.set('AwaitTraining b:1', damaged);
    await assert.rejects(train(rig), { code: 'DATA_LOSS' });
    rig.failures.set('BeginTraining a:1', new ShoalError('UNAVAILABLE', 'it trains something else'));
    await assert.rejects(train(rig), { code: 'UNAVAILABLE', message: /something else/ });
  });

  it('asks the node first that may be at it still', async () => {
    for (const [node, first] of [
      ['', 'a'],
      ['b', 'b'],
      ['gone', 'a'],
    ] as const) {
      const rig = trainingRig();
      await train(rig, { task: { node } });
      assert.equal(rig.calls[0], `BeginTraining ${first}:1`);
    }
  });

  it('leaves the node what it has trained where that may be stored the next time', async () => {
    const rig = trainingRig();
    rig.failures.set('StoreTraining a:1', new ShoalError('UNAVAILABLE', 'no word from the object store'));
    await assert.rejects(train(rig), { code: 'UNAVAILABLE' });
    assert.ok(!rig.calls.includes('EndTraining a:1'));
  });

  it('ends with an error that another replica would meet too', async () => {
    const rig = trainingRig();
    rig.failures.set('AwaitTraining a:1', new ShoalError('INVALID_ARGUMENT', 'no vectors'));
    await assert.rejects(train(rig), { code: 'INVALID_ARGUMENT' });
    assert.ok(rig.calls.includes('EndTraining a:1') && !rig.calls.includes('BeginTraining b:1'));
  });

  it('leaves the node alone where another coordinator is to go on with it', async () => {
    const rig = trainingRig();
    rig.failures.set('AwaitTraining a:1', new ShoalError('INVALID_ARGUMENT', 'no vectors'));
    await assert.rejects(train(rig, { task: { isLeft: () => true } }), { code: 'INVALID_ARGUMENT' });
    assert.ok(!rig.calls.includes('EndTraining a:1'));
  });

  it('begins nothing once the claim is lost', async () => {
    const rig = trainingRig();
    const claim = await Claim.take(rig.settings, rig.parts);
    await claim.end();
    await assert.rejects(train(rig, { task: { claim } }), { code: 'UNAVAILABLE', message: /lost its lease/ });
    assert.deepEqual(rig.calls, []);
  });

  it('publishes nothing that could not be stored', async () => {
    const rig = trainingRig();
    rig.failures.set('StoreTraining a:1', new ShoalError('RESOURCE_EXHAUSTED', 'the disk is full'));
    await assert.rejects(train(rig), { code: 'RESOURCE_EXHAUSTED' });
    assert.equal((await rig.stored()).structureVersion, 0);
  });
});
