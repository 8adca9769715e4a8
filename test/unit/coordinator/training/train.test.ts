import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { trainCollection } from '../../../../coordinator/training/train.js';
import { TrainRequest, type TrainResult } from '../../../../proto/generated/shoal/v1/training.js';
import { deadlineOf } from '../fixtures.js';
import { codebook, trainingRig, type TrainingRig } from './fixtures.js';

async function train({ parts }: TrainingRig, changes: Partial<TrainRequest> = {}): Promise<TrainResult> {
  const request = TrainRequest.fromPartial({ collection: 'notes', method: 'structure', ...changes });
  for await (const { result } of trainCollection(request, parts, deadlineOf())) if (result !== undefined) return result;
  throw new Error('there is no result');
}

describe('training a collection', () => {
  it('stores and publishes what reaches the target, and lets the claim go', async () => {
    const rig = trainingRig();
    const result = await train(rig);
    assert.deepEqual([result.published, result.from, result.version], [true, 0, 1]);
    assert.equal((await rig.stored()).codebookVersion, 1);
    assert.equal((await train(rig)).version, 2);
  });

  it('publishes nothing after a dry run, and nothing that would find less', async () => {
    const rig = trainingRig({ trained: { ...codebook, heldOutAfter: 0.5 } });
    assert.match((await train(rig)).reason, /would find less/);
    assert.match((await train(rig, { dryRun: true })).reason, /dry run/);
    assert.equal((await rig.stored()).versionsGiven, 0);
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

  it('ends with an error that another replica would meet too', async () => {
    const rig = trainingRig();
    rig.failures.set('AwaitTraining a:1', new ShoalError('INVALID_ARGUMENT', 'no vectors'));
    await assert.rejects(train(rig), { code: 'INVALID_ARGUMENT' });
    assert.ok(rig.calls.includes('EndTraining a:1') && !rig.calls.includes('BeginTraining b:1'));
  });

  it('publishes nothing that could not be stored', async () => {
    const rig = trainingRig();
    rig.failures.set('StoreTraining a:1', new ShoalError('RESOURCE_EXHAUSTED', 'the disk is full'));
    await assert.rejects(train(rig), { code: 'RESOURCE_EXHAUSTED' });
    assert.equal((await rig.stored()).structureVersion, 0);
  });
});
