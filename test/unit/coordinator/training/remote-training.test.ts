import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { RemoteTraining } from '../../../../coordinator/training/remote-training.js';
import { BeginTrainingRequest } from '../../../../proto/generated/shoal/v1/training.js';
import { deadlineOf } from '../fixtures.js';
import { trainingRig } from './fixtures.js';

const node = { id: 'a', address: 'a:1' };
const order = BeginTrainingRequest.fromPartial({ uid: 'u1' });

describe('a training on a shard node', () => {
  it('is begun, awaited, stored and ended', async () => {
    const { parts, calls } = trainingRig();
    const training = await RemoteTraining.begin(node, order, parts, deadlineOf());
    const end = await training.progress(deadlineOf()).next();
    assert.ok(end.done === true && end.value.lists === 4);
    await training.store(3, deadlineOf());
    await training.end();
    const names = calls.map((call) => call.split(' ')[0]);
    assert.deepEqual(names, ['BeginTraining', 'AwaitTraining', 'StoreTraining', 'EndTraining']);
  });

  it('is lost where its node does not answer, or stops it', async () => {
    const { parts, failures } = trainingRig();
    const training = await RemoteTraining.begin(node, order, parts, deadlineOf());
    for (const code of ['DEADLINE_EXCEEDED', 'CANCELLED'] as const) {
      failures.set('AwaitTraining a:1', new ShoalError(code, 'no answer'));
      await assert.rejects(training.progress(deadlineOf()).next(), { code: 'UNAVAILABLE', message: /node a/ });
    }
    failures.set('EndTraining a:1', new ShoalError('UNAVAILABLE', 'gone'));
    await training.end();
  });

  it('is begun elsewhere, or later, where a node does not hold what the map says', async () => {
    const { parts, failures } = trainingRig();
    failures.set('BeginTraining a:1', new ShoalError('FAILED_PRECONDITION', 'this node does not hold shard 0'));
    await assert.rejects(RemoteTraining.begin(node, order, parts, deadlineOf()), {
      code: 'UNAVAILABLE',
      message: /does not hold shard 0/,
    });
  });

  it('fails with its own error, and with the caller’s end', async () => {
    const { parts, failures } = trainingRig();
    const training = await RemoteTraining.begin(node, order, parts, deadlineOf());
    failures.set('AwaitTraining a:1', new ShoalError('INVALID_ARGUMENT', 'the sample is empty'));
    await assert.rejects(training.progress(deadlineOf()).next(), { code: 'INVALID_ARGUMENT' });
    const deadline = deadlineOf();
    deadline.cancel();
    await assert.rejects(training.progress(deadline).next(), { code: 'CANCELLED' });
  });
});
