import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import {
  aboutTraining,
  isSameOrder,
  isUnderWay,
  latestTraining,
  newRecord,
  outcomeOf,
  putRecord,
  queriesOf,
  readRecord,
  resultOf,
} from '../../../../coordinator/training/training-record.js';
import { TrainingState, TrainRequest, TrainResult } from '../../../../proto/generated/shoal/v1/training.js';
import { uid } from '../fixtures.js';
import { trainingRig } from './fixtures.js';

const asked = { queries: ['a wing', 'a plate'], relevant: [{ ids: ['d1'] }, { ids: ['d2', 'd3'] }] };
const request = { ...TrainRequest.fromPartial({ collection: 'notes', method: 'jpq', ...asked }), seed: 7 };
const record = newRecord(3, request, 5_000);

describe('the record of a training', () => {
  it('comes back from the registry, without the queries, which are an object', async () => {
    const { registry } = trainingRig();
    assert.equal(await readRecord(uid, registry), null);
    await registry.transact([], [putRecord(uid, record)]);
    const found = await readRecord(uid, registry);
    assert.deepEqual([found?.record, found?.record.request?.queries], [record, []]);
    const { queries, relevant } = TrainRequest.decode(queriesOf(request));
    assert.deepEqual({ queries, relevant }, asked);
  });

  it('is the same order for a request of the same kind, with any seed where none is given', () => {
    const { seed: _seed, ...unseeded } = request;
    assert.ok(isSameOrder(record, request) && isSameOrder(record, unseeded));
    for (const other of [
      { seed: 8 },
      { method: 'distill-vq' },
      { secondBits: 3 },
      { queries: ['a wing', 'a plane'] },
      { relevant: [{ ids: ['d1'] }, { ids: ['d2'] }] },
      { queries: [], relevant: [] },
    ])
      assert.ok(!isSameOrder(record, { ...request, ...other }), JSON.stringify(other));
  });

  it('is under way until it has an outcome, which gives back the result or the error', () => {
    assert.ok(isUnderWay(record) && !isUnderWay(undefined));
    const result = TrainResult.fromPartial({ version: 3, published: true });
    const done = outcomeOf({ result }, 9_000);
    assert.ok(!isUnderWay({ ...record, outcome: done }));
    assert.deepEqual(resultOf(done), result);
    const failed = outcomeOf({ error: new ShoalError('INVALID_ARGUMENT', 'no vectors') }, 9_000);
    assert.throws(() => resultOf(failed), { code: 'INVALID_ARGUMENT', message: 'no vectors' });
  });

  it('says in a message which it is, and how far', () => {
    const progress = { step: 'learning', share: 0.409, node: 'shard-1', resumedShare: 0.3 };
    assert.equal(aboutTraining(record, { progress, waiting: undefined }), ' (by jpq, 40 %: learning on shard-1)');
    assert.equal(
      aboutTraining(record, { progress: { ...progress, node: '' }, waiting: undefined }),
      ' (by jpq, 40 %: learning)',
    );
    assert.match(aboutTraining(record, undefined), /by jpq; it was interrupted and will be taken up/);
  });

  it('shows what is done, and in the end what came of it', () => {
    const progress = { step: 'learning', share: 0.4, node: 'shard-1', resumedShare: 0.3 };
    const trainingStates = new Map([[uid, TrainingState.fromPartial({ progress })]]);
    const shown = (changes: object) =>
      latestTraining({ trainingRecords: new Map([[uid, { ...record, ...changes }]]), trainingStates }, uid);
    const empty = { trainingRecords: new Map<string, never>(), trainingStates };
    assert.equal(latestTraining(empty, uid), undefined);
    const running = shown({ resumedShare: 0.3 });
    assert.deepEqual(
      [running?.method, running?.ordered, running?.ended, running?.step, running?.share, running?.resumedShare],
      ['jpq', new Date(5_000), undefined, 'learning', 0.4, 0.3],
    );
    const result = TrainResult.fromPartial({ version: 0, reason: 'too bad' });
    const refused = shown({ outcome: outcomeOf({ result }, 9_000) });
    assert.deepEqual([refused?.ended, refused?.step, refused?.reason], [new Date(9_000), '', 'too bad']);
    const error = new ShoalError('INVALID_ARGUMENT', 'no vectors');
    assert.equal(shown({ outcome: outcomeOf({ error }, 9_000) })?.reason, 'no vectors');
  });
});
