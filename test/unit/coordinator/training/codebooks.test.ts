import assert from 'node:assert/strict';
import { keys, parametersObject } from '../../../../cluster/keys.js';
import type { RegistryWrite } from '../../../../cluster/registry.js';
import { Claim } from '../../../../coordinator/training/claim.js';
import { activateCodebook, listCodebooks } from '../../../../coordinator/training/codebooks.js';
import { newRecord, putRecord } from '../../../../coordinator/training/training-record.js';
import { Codebook, type CollectionSettings } from '../../../../proto/generated/shoal/v1/collections.js';
import { TrainingState, TrainRequest } from '../../../../proto/generated/shoal/v1/training.js';
import { deadlineOf, mapOf, settings, uid } from '../fixtures.js';
import { trainingRig } from './fixtures.js';

const codebooks = [
  { version: 1, structureVersion: 1, method: 'structure' },
  { version: 2, structureVersion: 1, method: 'distill-vq' },
  { version: 3, structureVersion: 3, method: 'structure' },
  { version: 4, structureVersion: 3, method: 'distill-vq' },
  { version: 5, structureVersion: 5, method: 'split' },
  { version: 6, structureVersion: 5, method: 'distill-vq' },
].map((each) => Codebook.fromPartial(each));
const trained: Partial<CollectionSettings> = {
  ...{ codebooks, codebookVersion: 5, structureVersion: 5, parametersVersion: 6, keepVectors: true },
};

describe('the codebooks of a collection', () => {
  it('are listed with the one that serves', () => {
    const list = listCodebooks('notes', mapOf({ collections: [settings(trained)] }));
    assert.deepEqual([list.active, list.codebooks.length, list.structureVersion], [6, 6, 5]);
    const bare = mapOf({ collections: [settings({ ...trained, parametersVersion: 0 })] });
    assert.equal(listCodebooks('notes', bare).active, 5);
    assert.throws(() => listCodebooks('other', mapOf({})), { code: 'NOT_FOUND' });
  });

  it('serve again, with what was learned for the codes that there are, or without', async () => {
    const { parts, stored, objects, settings: own } = trainingRig({ changes: trained });
    objects.set(parametersObject(uid, 4), Buffer.of(1));
    assert.equal(await activateCodebook(own.name, 5, parts, deadlineOf()), 5);
    assert.equal((await stored()).parametersVersion, 0);
    // Its structure was split since: the codes are the same.
    assert.equal(await activateCodebook(own.name, 4, parts, deadlineOf()), 4);
    const { parametersVersion, codebookVersion, structureVersion } = await stored();
    assert.deepEqual([parametersVersion, codebookVersion, structureVersion], [4, 5, 5]);
  });

  it('serve again for a structure that was split so often that nobody remembers it', async () => {
    const splits = Array.from({ length: 32 }, (_, at) => ({
      version: 10 + at,
      structureVersion: 10 + at,
      method: 'split',
    }));
    const learned = { version: 9, structureVersion: 8, method: 'distill-vq' };
    const remembered = [{ version: 3, structureVersion: 3, method: 'rabitq' }, learned, ...splits];
    const changes = {
      ...{ codebooks: remembered.map((each) => Codebook.fromPartial(each)), codebookVersion: 41, structureVersion: 41 },
      parametersVersion: 0,
    };
    const { parts, stored, objects, settings: own } = trainingRig({ changes: { ...trained, ...changes } });
    objects.set(parametersObject(uid, 9), Buffer.of(1));
    assert.equal(await activateCodebook(own.name, 9, parts, deadlineOf()), 9);
    assert.equal((await stored()).parametersVersion, 9);
  });

  it('serve with their own codes only, while their objects are there and nothing is trained', async () => {
    const { parts, stored, settings: own } = trainingRig({ changes: trained });
    const refused = async (version: number, expected: object): Promise<void> =>
      assert.rejects(activateCodebook(own.name, version, parts, deadlineOf()), expected);
    await refused(1, { code: 'FAILED_PRECONDITION', message: /structure 1.*train again/ });
    await refused(2, { code: 'FAILED_PRECONDITION', message: /structure 1.*train again/ });
    await refused(3, { code: 'FAILED_PRECONDITION', message: /structure 3.*train again/ });
    await refused(7, { code: 'NOT_FOUND', message: /it has 1, 2, 3, 4, 5, 6/ });
    await refused(4, {
      code: 'FAILED_PRECONDITION',
      message: /no longer kept; learn anew: `shoal train notes --method distill-vq`$/,
    });
    assert.equal((await stored()).parametersVersion, 6);
    const claim = await Claim.take(own, parts);
    const ownersAlone = /training already runs \(a dry run, or .*; wait for its end, or end the command that began it$/;
    await refused(5, { code: 'FAILED_PRECONDITION', message: ownersAlone });
    await claim.end();
    await refused(4, { code: 'FAILED_PRECONDITION', message: /no longer kept/ });
    const interrupted = newRecord(1, { ...TrainRequest.fromPartial({ method: 'distill-vq' }), seed: 1 }, 0);
    await parts.registry.transact([], [putRecord(own.uid, interrupted)]);
    await refused(5, { code: 'FAILED_PRECONDITION', message: /already runs \(by distill-vq; it was interrupted/ });
    assert.equal((await stored()).parametersVersion, 6);
    const bare = trainingRig();
    await assert.rejects(activateCodebook(bare.settings.name, 2, bare.parts, deadlineOf()), /never trained/);
  });

  it('stay as they are during a training, which is named with what ends it', async () => {
    const { parts, stored, settings: own } = trainingRig({ changes: trained });
    const claim = await Claim.take(own, parts);
    const record = newRecord(1, { ...TrainRequest.fromPartial({ method: 'distill-vq' }), seed: 1 }, 0);
    const state = TrainingState.fromPartial({ progress: { step: 'learning', share: 0.25, node: 'a' } });
    const told: RegistryWrite = {
      ...{ operation: 'put', key: keys.trainingState(uid) },
      value: TrainingState.encode(state).finish(),
    };
    assert.ok(await claim.transact([], [putRecord(uid, record), told]));
    await assert.rejects(activateCodebook(own.name, 5, parts, deadlineOf()), {
      code: 'FAILED_PRECONDITION',
      message:
        "collection 'notes' is being trained: training already runs (by distill-vq, 25 %: learning on a); " +
        'wait for its end, or end it: `shoal train notes --cancel`',
    });
    assert.equal((await stored()).parametersVersion, 6);
    // Whose training it is stays as it was.
    await claim.check();
    await claim.end();
  });
});
