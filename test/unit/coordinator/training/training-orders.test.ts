import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { keys, orderedQueriesObject } from '../../../../cluster/keys.js';
import { Claim } from '../../../../coordinator/training/claim.js';
import { TrainingOrders } from '../../../../coordinator/training/training-orders.js';
import { newRecord, putRecord, readRecord } from '../../../../coordinator/training/training-record.js';
import { TrainRequest, type TrainProgress, type TrainResult } from '../../../../proto/generated/shoal/v1/training.js';
import { deadlineOf, uid } from '../fixtures.js';
import { trainingRig, turns, type TrainingRig } from './fixtures.js';

const usual = TrainRequest.fromPartial({ collection: 'notes', method: 'structure' });

async function train(orders: TrainingOrders, changes: Partial<TrainRequest> = {}, deadline = deadlineOf()) {
  const steps: TrainProgress[] = [];
  let result: TrainResult | undefined;
  for await (const part of orders.train({ ...usual, ...changes }, deadline)) {
    if (part.progress !== undefined) steps.push(part.progress);
    result = part.result;
  }
  return { steps, result };
}

/** Nodes that do not answer until they are told. */
function busy(rig: TrainingRig): void {
  rig.failures.set('BeginTraining a:1', new ShoalError('UNAVAILABLE', 'it trains something else'));
}

describe('orders of trainings', () => {
  it('are carried out one after another, each with a number of its own', async () => {
    const rig = trainingRig();
    const orders = new TrainingOrders(rig.parts);
    rig.progress.push({ share: 0.5, resumedShare: 0 });
    const { steps, result } = await train(orders);
    assert.deepEqual([result?.published, result?.version], [true, 1]);
    assert.deepEqual(steps, [{ step: 'training', share: 0.5, node: 'a', resumedShare: 0 }]);
    assert.equal((await train(orders)).result?.version, 2);
    assert.equal((await readRecord(uid, rig.registry))?.record.number, 2);
    await orders.close();
  });

  it('go on without their caller, whom the same request brings back', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    busy(rig);
    const orders = new TrainingOrders(rig.parts);
    const deadline = deadlineOf();
    const left = train(orders, { seed: 4 }, deadline);
    await turns();
    deadline.cancel();
    await assert.rejects(left, { code: 'CANCELLED' });
    const back = train(orders);
    const other = train(orders, { seed: 5 });
    await assert.rejects(other, {
      code: 'FAILED_PRECONDITION',
      message: /already runs \(by structure, 0 %: .*--cancel/,
    });
    await assert.rejects(train(orders, { dryRun: true }), { code: 'FAILED_PRECONDITION' });
    rig.failures.clear();
    await rig.clock.advance(1_000);
    assert.equal((await back).result?.codebook?.seed, (await rig.stored()).codebooks[0]?.seed);
    assert.equal((await rig.stored()).codebooks.length, 1);
    await orders.close();
  });

  it('are taken up where nobody sees to them, by one coordinator, with the queries that they came with', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    busy(rig);
    const first = new TrainingOrders(rig.parts);
    const following = train(first, { seed: 4 });
    await turns();
    const failed = assert.rejects(following, { code: 'UNAVAILABLE', message: /goes on/ });
    await first.close();
    await failed;
    await assert.rejects(train(first), { code: 'UNAVAILABLE' });
    rig.failures.clear();
    const others = [1, 2].map(() => new TrainingOrders(rig.parts));
    await rig.clock.advance(500);
    await turns();
    assert.equal((await readRecord(uid, rig.registry))?.record.outcome?.result?.version, 1);
    assert.equal(rig.calls.filter((call) => call === 'BeginTraining a:1').length, 2);
    for (const orders of others) await orders.close();
  });

  it('are followed wherever they are carried out', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    busy(rig);
    const [one, other] = [new TrainingOrders(rig.parts), new TrainingOrders(rig.parts)];
    const own = train(one);
    await turns();
    const followed = train(other, {}, deadlineOf(60_000, rig.clock));
    await turns();
    rig.failures.clear();
    for (let at = 0; at < 4; at += 1) {
      await rig.clock.advance(500);
      await turns();
    }
    assert.deepEqual((await followed).result, (await own).result);
    await Promise.all([one.close(), other.close()]);
  });

  it('that two coordinators are asked for at once are one', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    busy(rig);
    const both = [1, 2].map(() => new TrainingOrders(rig.parts));
    const results = both.map((orders) => train(orders, {}, deadlineOf(60_000, rig.clock)));
    for (let at = 0; at < 12; at += 1) {
      await turns();
      await rig.clock.advance(500);
      if (at === 2) rig.failures.clear();
    }
    const [one, other] = await Promise.all(results);
    assert.deepEqual([one?.result?.version, other?.result], [1, one?.result]);
    assert.equal((await readRecord(uid, rig.registry))?.record.number, 1);
    await Promise.all(both.map((orders) => orders.close()));
  });

  it('end when they are cancelled, which says whether there was one', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    for (let at = 0; at < 500; at += 1) rig.progress.push({ share: 0.5, resumedShare: 0 });
    const orders = new TrainingOrders(rig.parts);
    assert.equal(await orders.cancel('notes', deadlineOf()), false);
    const following = assert.rejects(train(orders), { code: 'CANCELLED', message: /was cancelled/ });
    await turns();
    assert.equal(await orders.cancel('notes', deadlineOf()), true);
    await following;
    assert.equal(await orders.cancel('notes', deadlineOf()), false);
    await orders.close();
  });

  it('of dry runs are not written down, and end with their caller', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    const orders = new TrainingOrders(rig.parts);
    assert.match((await train(orders, { dryRun: true })).result?.reason ?? '', /dry run/);
    rig.progress.push({ share: 0.5, resumedShare: 0 });
    for await (const { progress } of orders.train({ ...usual, dryRun: true }, deadlineOf())) if (progress) break;
    assert.equal(rig.calls.at(-1), 'EndTraining a:1');
    assert.equal(await readRecord(uid, rig.registry), null);
    assert.equal(await rig.registry.get(keys.training(uid)), null);
    await orders.close();
  });

  it('are refused before anything is written where the collection cannot be trained, or a version is activated', async () => {
    const rig = trainingRig({ documents: 10n });
    const orders = new TrainingOrders(rig.parts);
    await assert.rejects(train(orders), { code: 'FAILED_PRECONDITION', message: /10 documents/ });
    await assert.rejects(train(orders, { method: 'magic' }), { code: 'INVALID_ARGUMENT' });
    rig.counts.documents = 2_000n;
    const claim = await Claim.take(rig.settings, rig.parts);
    const refused = assert.rejects(train(orders, {}, deadlineOf(60_000, rig.clock)), {
      code: 'FAILED_PRECONDITION',
      message: /already runs/,
    });
    await turns();
    await rig.clock.advance(500);
    await refused;
    await claim.end();
    assert.equal(await readRecord(uid, rig.registry), null);
    await orders.close();
  });

  it('are nobody’s, however far they have come, once their coordinator is closed', async () => {
    for (let steps = 0; steps < 40; steps += 1) {
      const rig = trainingRig({ nodes: ['a'] });
      busy(rig);
      const orders = new TrainingOrders(rig.parts);
      const ordered = train(orders).catch((error: unknown) => ShoalError.from(error).code);
      for (let step = 0; step < steps; step += 1) await Promise.resolve();
      await orders.close();
      assert.equal(await ordered, 'UNAVAILABLE');
      const calls = rig.calls.length;
      await rig.clock.advance(10_000);
      await turns();
      assert.equal(rig.calls.length, calls);
      await (await Claim.take(rig.settings, rig.parts)).end();
    }
  });

  it('leave nothing behind where a coordinator died before it had removed it', async () => {
    const rig = trainingRig();
    const ended = { ended: new Date(0), result: undefined, errorCode: 3, errorMessage: 'no' };
    const record = { ...newRecord(2, { ...usual, seed: 1 }, 0), outcome: ended };
    await rig.registry.transact([], [putRecord(uid, record)]);
    for (const number of [1, 2, 3]) rig.objects.set(orderedQueriesObject(uid, number), Buffer.from('left'));
    const orders = new TrainingOrders(rig.parts);
    await rig.clock.advance(500);
    await turns();
    assert.deepEqual([...rig.objects.keys()], [orderedQueriesObject(uid, 3)]);
    await orders.close();
  });

  it('that have ended are left alone', async () => {
    const rig = trainingRig();
    const request = { ...usual, seed: 1 };
    const record = {
      ...newRecord(1, request, 0),
      outcome: { ended: new Date(0), result: undefined, errorCode: 3, errorMessage: 'no' },
    };
    await rig.registry.transact([], [putRecord(uid, record)]);
    const orders = new TrainingOrders(rig.parts);
    await rig.clock.advance(6_000);
    await turns();
    assert.deepEqual(rig.calls, []);
    await orders.close();
  });
});
