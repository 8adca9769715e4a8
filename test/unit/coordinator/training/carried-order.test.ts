import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { keys } from '../../../../cluster/keys.js';
import { CarriedOrder, putState } from '../../../../coordinator/training/carried-order.js';
import { Claim } from '../../../../coordinator/training/claim.js';
import { newRecord, putRecord, readRecord } from '../../../../coordinator/training/training-record.js';
import { TrainingRecord, TrainRequest } from '../../../../proto/generated/shoal/v1/training.js';
import { uid } from '../fixtures.js';
import { codebook, trainingRig, turns, type TrainingRig } from './fixtures.js';

const request = { ...TrainRequest.fromPartial({ collection: 'notes', method: 'structure' }), seed: 7 };
const lost = new ShoalError('UNAVAILABLE', 'the node is gone');

async function carry(rig: TrainingRig, changes: Partial<TrainingRecord> = {}): Promise<CarriedOrder> {
  const claim = await Claim.take(rig.settings, rig.parts);
  const record = { ...newRecord(3, request, 0), ...changes };
  await claim.transact([], [putRecord(uid, record), putState(uid, claim)]);
  return new CarriedOrder({ settings: rig.settings, record, claim }, rig.parts);
}

const storedRecord = async ({ registry }: TrainingRig): Promise<TrainingRecord | undefined> =>
  (await readRecord(uid, registry))?.record;
async function cancel({ registry }: TrainingRig): Promise<void> {
  const { record, revision } = (await readRecord(uid, registry))!;
  const write = putRecord(uid, { ...record, cancelled: true });
  assert.ok((await registry.transact([{ key: keys.trainingRecord(uid), revision }], [write])) !== null);
}

/** Whether `write` is that of a record that is `wanted`. */
function isRecord(
  { key, value }: { readonly key: string; readonly value: Uint8Array },
  wanted: (record: TrainingRecord) => boolean,
): boolean {
  return key === keys.trainingRecord(uid) && wanted(TrainingRecord.decode(value));
}

const begun = ({ calls }: TrainingRig): number => calls.filter((call) => call.startsWith('BeginTraining')).length;

describe('an order that is carried out', () => {
  it('has its outcome written with what is published, and leaves nothing behind', async () => {
    const rig = trainingRig();
    for (const number of [2, 3, 4]) rig.objects.set(`trainings/${uid}/${number}/checkpoint-1`, Buffer.of(1));
    const carried = await carry(rig);
    await carried.ended;
    assert.equal(carried.record.outcome?.result?.version, 1);
    assert.deepEqual(await storedRecord(rig), carried.record);
    assert.equal((await rig.stored()).codebookVersion, 1);
    assert.equal(await rig.registry.get(keys.training(uid)), null);
    assert.equal(await rig.registry.get(keys.trainingState(uid)), null);
    assert.deepEqual([...rig.objects.keys()], [`trainings/${uid}/4/checkpoint-1`]);
  });

  it('has a refusal or an error for an outcome where nothing is published', async () => {
    const refused = trainingRig({ trained: { ...codebook, heldOutAfter: 0.2 } });
    await (
      await carry(refused)
    ).ended;
    assert.match((await storedRecord(refused))?.outcome?.result?.reason ?? '', /would find less/);
    const failing = trainingRig();
    failing.failures.set('AwaitTraining a:1', new ShoalError('INVALID_ARGUMENT', 'no vectors'));
    await (
      await carry(failing)
    ).ended;
    assert.equal((await storedRecord(failing))?.outcome?.errorMessage, 'no vectors');
  });

  it('waits for nodes that are gone, and says so', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    rig.failures.set('BeginTraining a:1', lost);
    const carried = await carry(rig);
    await turns();
    assert.deepEqual([carried.progress.step, carried.progress.node], ['waits: the node is gone', '']);
    rig.failures.clear();
    await rig.clock.advance(1_000);
    await carried.ended;
    assert.equal(carried.record.outcome?.result?.published, true);
  });

  it('is given up where attempt after attempt ends without more than there was', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    rig.failures.set('AwaitTraining a:1', lost);
    const carried = await carry(rig);
    for (let wait = 0; wait < 9; wait += 1) {
      await turns();
      await rig.clock.advance(10_000);
    }
    await carried.ended;
    assert.equal(begun(rig), 5);
    assert.match(carried.record.outcome?.errorMessage ?? '', /5 attempts ended before they were done/);
  });

  it('is not given up where each attempt goes on from more than the last', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    rig.progress.push({ share: 0.5, resumedShare: 0.4 });
    const carried = await carry(rig, { attempts: 4, resumedShare: 0.3 });
    await carried.ended;
    assert.equal(carried.record.outcome?.result?.published, true);
    assert.deepEqual([carried.record.attempts, carried.record.resumedShare], [1, 0.4]);
  });

  it('claims no share that it had to do again, and counts from there', async () => {
    for (const [progress, expected] of [
      [[{ share: 0.1 }], [3, 0.4]],
      [
        [{ share: 0.1 }, { share: 0.3, resumedShare: 0 }],
        [3, 0],
      ],
      [
        [
          { share: 0.3, resumedShare: 0 },
          { share: 0.3, resumedShare: 0.2 },
        ],
        [1, 0.2],
      ],
    ] as const) {
      const rig = trainingRig({ nodes: ['a'] });
      rig.progress.push(...progress);
      const carried = await carry(rig, { attempts: 2, resumedShare: 0.4 });
      await carried.ended;
      assert.deepEqual([carried.record.attempts, carried.record.resumedShare], expected);
    }
  });

  it('tells its progress to whoever waits for it, and to the registry', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    rig.progress.push({ share: 0.5, resumedShare: 0 });
    const carried = await carry(rig);
    const shares = new Set<number>();
    const told = new Set<number | undefined>();
    for (let seen = -1; carried.record.outcome === undefined;) {
      seen = carried.changes;
      shares.add(carried.progress.share);
      told.add(rig.map().trainingStates.get(uid)?.progress?.share);
      await carried.after(seen, new AbortController().signal);
    }
    assert.ok(shares.has(0) && shares.has(0.5) && told.has(0.5));
  });

  it('ends when somebody cancels it', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    for (let at = 0; at < 200; at += 1) rig.progress.push({ share: 0.5, resumedShare: 0 });
    const carried = await carry(rig);
    await turns();
    await cancel(rig);
    await carried.ended;
    assert.match(carried.record.outcome?.errorMessage ?? '', /was cancelled; what served before serves on/);
    assert.ok(rig.calls.includes('EndTraining a:1'));
  });

  it('ends, and publishes nothing, when somebody cancels it while its node stores what it has', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    rig.meanwhile.set('StoreTraining a:1', async () => {
      rig.objects.set(`structures/${uid}/1`, Buffer.of(1));
      await cancel(rig);
    });
    const carried = await carry(rig);
    await carried.ended;
    assert.match(carried.record.outcome?.errorMessage ?? '', /was cancelled; what served before serves on/);
    assert.equal((await rig.stored()).codebookVersion, 0);
    assert.deepEqual([...rig.objects.keys()], []);
  });

  it('is not trained again where only its end could not be written', async () => {
    for (const trained of [codebook, { ...codebook, heldOutAfter: 0.2 }]) {
      const rig = trainingRig({ nodes: ['a'], trained });
      const { transact } = rig.registry;
      let failures = 0;
      rig.registry.transact = async (conditions, writes) => {
        const isEnded = ({ outcome }: TrainingRecord): boolean => outcome !== undefined;
        const isEnd = writes.some((write) => write.operation === 'put' && isRecord(write, isEnded));
        if (!isEnd || failures === 2) return transact(conditions, writes);
        failures += 1;
        throw new ShoalError('UNAVAILABLE', 'no word from the registry');
      };
      const carried = await carry(rig);
      for (let wait = 0; wait < 3; wait += 1) {
        await turns();
        await rig.clock.advance(4_000);
      }
      await carried.ended;
      assert.deepEqual([failures, (await storedRecord(rig))?.attempts], [2, 1]);
      assert.equal(carried.record.outcome?.result?.published, trained === codebook);
      assert.equal((await rig.stored()).codebooks.length, trained === codebook ? 1 : 0);
      assert.equal(rig.calls.at(-1), 'EndTraining a:1');
    }
  });

  it('leaves its node at work where the registry gives no word for a moment', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    rig.progress.push({ share: 0.5, resumedShare: 0.4 });
    const { transact } = rig.registry;
    const failing = { isDue: true };
    rig.registry.transact = async (conditions, writes) => {
      const isResumed = ({ resumedShare }: TrainingRecord): boolean => resumedShare > 0;
      if (!failing.isDue || !writes.some((write) => write.operation === 'put' && isRecord(write, isResumed)))
        return transact(conditions, writes);
      failing.isDue = false;
      throw new ShoalError('UNAVAILABLE', 'no word from the registry');
    };
    const carried = await carry(rig);
    await turns();
    await rig.clock.advance(1_000);
    await carried.ended;
    assert.equal(failing.isDue, false);
    assert.equal(rig.calls.filter((call) => call === 'EndTraining a:1').length, 1);
    assert.equal(carried.record.outcome?.result?.published, true);
  });

  it('says once in the log that it waits, and in the registry since when and for what', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    const warnings: string[] = [];
    const warn = (_fields: object, message: string): void => void warnings.push(message);
    Object.assign(rig.parts, { logger: Object.assign(Object.create(rig.parts.logger), { warn }) });
    rig.failures.set('BeginTraining a:1', lost);
    const carried = await carry(rig);
    await turns();
    const waiting = { since: new Date(rig.clock.wallMs()), why: 'the node is gone' };
    for (let wait = 0; wait < 8; wait += 1) {
      assert.deepEqual(rig.map().trainingStates.get(uid)?.waiting, waiting);
      await rig.clock.advance(10_000);
      await turns();
    }
    assert.deepEqual(warnings, ['a training waits, and is tried again']);
    rig.failures.clear();
    for (let at = 0; at < 200; at += 1) rig.progress.push({ share: 0.5 });
    await rig.clock.advance(10_000);
    await turns();
    assert.deepEqual([rig.map().trainingStates.get(uid)?.waiting, carried.progress.share], [undefined, 0.5]);
    await carried.close();
  });

  it('is left as it is when the coordinator stops, and its node goes on', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    for (let at = 0; at < 200; at += 1) rig.progress.push({ share: 0.5, resumedShare: 0 });
    const carried = await carry(rig);
    await turns();
    await carried.close();
    const left = await storedRecord(rig);
    assert.deepEqual([left?.outcome, left?.node], [undefined, 'a']);
    assert.equal(await rig.registry.get(keys.training(uid)), null);
    assert.ok(!rig.calls.includes('EndTraining a:1'));
  });

  it('is taken over where it was begun the last time', async () => {
    const rig = trainingRig();
    await (
      await carry(rig, { attempts: 1, node: 'b' })
    ).ended;
    assert.equal(rig.calls[0], 'BeginTraining b:1');
  });

  it('is another’s matter once the claim is lost', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    rig.failures.set('BeginTraining a:1', lost);
    const carried = await carry(rig);
    await turns();
    await rig.registry.transact([], [{ operation: 'delete', key: keys.training(uid) }]);
    await rig.clock.advance(1_000);
    await carried.ended;
    assert.equal((await storedRecord(rig))?.outcome, undefined);
  });

  it('ends with its collection', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    rig.failures.set('BeginTraining a:1', lost);
    const carried = await carry(rig);
    await turns();
    const gone = [keys.setting(uid), keys.trainingRecord(uid)].map((key) => ({ operation: 'delete', key }) as const);
    await rig.registry.transact([], gone);
    await rig.clock.advance(1_000);
    await carried.ended;
    assert.equal(await readRecord(uid, rig.registry), null);
  });

  it('asks with the queries that it was ordered with, and fails where they are gone', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    await (
      await carry(rig, { queriesHash: 5n })
    ).ended;
    assert.match((await storedRecord(rig))?.outcome?.errorMessage ?? '', /queries of the training are not kept/);
    assert.equal(begun(rig), 0);
  });
});
