import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { AutoTrainer, dueFor, type AutoTrainerOptions } from '../../../../coordinator/training/auto-trainer.js';
import { Claim } from '../../../../coordinator/training/claim.js';
import { TrainingOrders } from '../../../../coordinator/training/training-orders.js';
import { readRecord } from '../../../../coordinator/training/training-record.js';
import type { ClusterView } from '../../../../cluster/shard-map/cluster-view.js';
import { Codebook } from '../../../../proto/generated/shoal/v1/collections.js';
import { TrainingRecord, TrainingState, type TrainRequest } from '../../../../proto/generated/shoal/v1/training.js';
import { usualSplitLimits } from '../../../../vector-index/lists/list-limit.js';
import { bareSettings, deadlineOf, mapOf, placement, replica, shardNode, uid } from '../fixtures.js';
import { codebook, trainingRig, turns, type TrainingRig, type TrainingRigOptions } from './fixtures.js';

const autoOptions = (documents: number): AutoTrainerOptions => ({
  ...{ documents, codeDocuments: Infinity, everyMs: 1_000, splitLimits: usualSplitLimits },
});

/** Trainings that were begun in three looks. */
async function looks(options: TrainingRigOptions, documents = 1_500): Promise<{ rig: TrainingRig; begun: number }> {
  const rig = trainingRig(options);
  const trainer = new AutoTrainer(rig.parts, new TrainingOrders(rig.parts), autoOptions(documents));
  for (let look = 0; look < 3; look += 1) {
    await rig.clock.advance(1_000);
    await turns();
  }
  await trainer.close();
  return { rig, begun: rig.calls.filter((call) => call.startsWith('BeginTraining')).length };
}

const due = (codebooks: Codebook[], documents: number): string | null =>
  dueFor({ codebooks, structureVersion: codebooks.length }, documents, { documents: 50_000, codeDocuments: 10_000 });

describe('training by itself', () => {
  it('happens once to a collection that has grown past the threshold', async () => {
    const { rig, begun } = await looks({});
    assert.equal(begun, 1);
    assert.equal((await rig.stored()).codebookVersion, 1);
  });

  it('does not happen to a smaller one, nor where it shall not', async () => {
    assert.equal((await looks({}, 2_001)).begun, 0);
    assert.equal((await looks({ changes: { autoTrain: false } })).begun, 0);
    assert.equal((await looks({ changes: { structureVersion: 1 } })).begun, 0);
    assert.equal((await looks({ changes: { dim: 32_769 } })).begun, 0);
  });

  it('is not tried again with the same documents when nothing came of it', async () => {
    const { rig, begun } = await looks({ trained: { ...codebook, heldOutAfter: 0.2 } });
    assert.equal(begun, 1);
    assert.equal((await rig.stored()).codebookVersion, 0);
  });

  it('is not ordered again when somebody cancelled it', async () => {
    const rig = trainingRig({ nodes: ['a'] });
    rig.failures.set('BeginTraining a:1', new ShoalError('UNAVAILABLE', 'it trains something else'));
    const orders = new TrainingOrders(rig.parts);
    const trainer = new AutoTrainer(rig.parts, orders, autoOptions(1_500));
    await rig.clock.advance(1_000);
    const cancelled = orders.cancel(rig.settings.name, deadlineOf());
    for (let look = 0; look < 4; look += 1) {
      await rig.clock.advance(1_000);
      await turns();
    }
    assert.equal(await cancelled, true);
    assert.equal((await readRecord(uid, rig.registry))?.record.number, 1);
    await trainer.close();
    await orders.close();
  });

  it('splits lists that have grown too long, as often as that is so, and not what was never trained', async () => {
    const served = { ...codebook, version: 1, structureVersion: 1, documents: 2_000n };
    const changes = { structureVersion: 1, codebookVersion: 1, versionsGiven: 1, codebooks: [served] };
    const trained = { ...codebook, method: 'split', lists: 5 };
    const long = { lists: 4, vectors: 9_000n, longest: 8_999n };
    assert.equal((await looks({ changes, trained, listSizes: { ...long, longest: 8_000n, lists: 2 } })).begun, 0);
    const { rig, begun } = await looks({ changes, trained, listSizes: { ...long, lists: 40 } });
    assert.equal(begun, 3);
    assert.deepEqual(
      (await rig.stored()).codebooks.map(({ method }) => method),
      ['structure', 'split', 'split', 'split'],
    );
    assert.equal((await looks({ trained, listSizes: { ...long, lists: 40 } }, 9_999)).begun, 0);
    const twice = { ...changes, codebooks: [{ ...served, copies: 2 }] };
    assert.equal((await looks({ changes: twice, trained, listSizes: { ...long, lists: 40 } })).begun, 0);
  });

  it('leaves lists alone that could not be split, until they have grown', async () => {
    const served = { ...codebook, version: 1, structureVersion: 1, documents: 2_000n };
    const changes = { structureVersion: 1, codebookVersion: 1, versionsGiven: 1, codebooks: [served] };
    const trained = { ...codebook, method: 'split', heldOutAfter: 0.2 };
    const { rig, begun } = await looks({
      changes,
      trained,
      listSizes: { lists: 40, vectors: 9_000n, longest: 8_000n },
    });
    assert.equal(begun, 1);
    assert.equal((await rig.stored()).structureVersion, 1);
  });

  it('trains a structure where codes without training were refused', async () => {
    const rig = trainingRig({ documents: 1_400n, trained: { ...codebook, heldOutAfter: 0.2 } });
    const options = { ...autoOptions(1_500), codeDocuments: 1_000 };
    const trainer = new AutoTrainer(rig.parts, new TrainingOrders(rig.parts), options);
    const look = async (documents: bigint): Promise<number> => {
      rig.counts.documents = documents;
      await rig.clock.advance(1_000);
      await turns();
      return rig.calls.filter((call) => call.startsWith('BeginTraining')).length;
    };
    assert.deepEqual([await look(1_400n), await look(1_400n), await look(1_500n), await look(1_500n)], [1, 1, 2, 2]);
    await trainer.close();
  });

  it('does not try a collection again that has too few documents, until it has grown', async () => {
    const served = { ...codebook, version: 1, structureVersion: 1, documents: 2_000n };
    const changes = { structureVersion: 1, codebookVersion: 1, versionsGiven: 1, codebooks: [served] };
    const listSizes = { lists: 40, vectors: 9_000n, longest: 8_000n };
    const { rig, begun } = await looks({ changes, documents: 999n, listSizes });
    assert.equal(begun, 0);
    assert.equal(rig.counted.documents, 1);
  });

  it('waits for another training of the collection', async () => {
    const rig = trainingRig();
    const trainer = new AutoTrainer(rig.parts, new TrainingOrders(rig.parts), autoOptions(1_500));
    const claim = await Claim.take(rig.settings, rig.parts);
    await rig.clock.advance(1_000);
    await turns();
    assert.deepEqual(rig.calls, []);
    await claim.end();
    for (let look = 0; look < 2; look += 1) {
      await rig.clock.advance(1_000);
      await turns();
    }
    await trainer.close();
    assert.equal((await rig.stored()).codebookVersion, 1);
  });

  it('happens to one collection after another; one that waits keeps no other from its turn', async () => {
    const rig = trainingRig();
    const uids = ['u1', 'u2'];
    const [records, states] = [new Map<string, TrainingRecord>(), new Map<string, TrainingState>()];
    const map = {
      ...mapOf({
        collections: uids.map((each) => bareSettings({ uid: each, name: each, keepVectors: true })),
        placements: uids.map((each) => ({ ...placement(0, ['a']), uid: each })),
        nodes: [shardNode('a')],
        replicas: uids.map((each) => replica(0, 'a', { uid: each })),
      }),
      ...{ trainingRecords: records, trainingStates: states },
    };
    const view = { current: () => map } as unknown as ClusterView;
    const ordered: string[] = [];
    const order = async ({ collection }: TrainRequest) => {
      ordered.push(collection);
      records.set(collection, TrainingRecord.fromPartial({ number: 1 }));
      states.set(collection, TrainingState.fromPartial({}));
      return { uid: collection, name: collection, number: 1 };
    };
    const trainer = new AutoTrainer({ ...rig.parts, view }, { order }, autoOptions(1_500));
    const look = async (): Promise<string[]> => {
      await rig.clock.advance(1_000);
      await turns();
      return [...ordered];
    };
    assert.deepEqual([await look(), await look()], [['u1'], ['u1']]);
    states.set('u1', TrainingState.fromPartial({ waiting: { why: 'its node is gone' } }));
    assert.deepEqual([await look(), await look()], [uids, uids]);
    states.clear();
    for (const each of uids) {
      const outcome = { errorMessage: 'no' };
      records.set(each, TrainingRecord.fromPartial({ number: 1, outcome }));
    }
    // What came to nothing is remembered though nobody waited for it.
    assert.deepEqual(await look(), uids);
    await trainer.close();
  });

  it('does not happen while a backup holds the collection', async () => {
    assert.equal((await looks({ holds: [`${uid}/backup-1`] })).begun, 0);
    assert.equal((await looks({ holds: ['other/backup-1'] })).begun, 1);
  });

  it('is due again at four times the documents', () => {
    const trained = Codebook.fromPartial({ method: 'structure', documents: 60_000n });
    const split = Codebook.fromPartial({ method: 'split', documents: 90_000n });
    for (const codebooks of [[trained], [trained, split]]) {
      assert.equal(due(codebooks, 239_999), null);
      assert.equal(due(codebooks, 240_000), 'structure');
    }
  });

  it('gives codes that need no training before there is enough to train on, and once', () => {
    assert.equal(due([], 9_999), null);
    assert.equal(due([], 10_000), 'rabitq');
    const coded = Codebook.fromPartial({ method: 'rabitq', documents: 10_000n });
    assert.equal(due([coded], 49_999), null);
    assert.equal(due([coded], 50_000), 'structure');
    assert.equal(due([], 50_000), 'structure');
  });
});
