import assert from 'node:assert/strict';
import { keys } from '../../../../cluster/keys.js';
import { AlreadyTraining, Claim } from '../../../../coordinator/training/claim.js';
import { deadlineOf, uid } from '../fixtures.js';
import { trainingRig } from './fixtures.js';

describe('the claim to train a collection', () => {
  it('is one at a time, and free again when it ends', async () => {
    const { settings, parts } = trainingRig();
    const claim = await Claim.take(settings, parts);
    await assert.rejects(Claim.take(settings, parts), { code: 'FAILED_PRECONDITION', message: /already runs/ });
    await assert.rejects(Claim.take(settings, parts), (error: Error) => {
      // Nothing that `--cancel` would end.
      return error instanceof AlreadyTraining && /a dry run, or/.test(error.message) && !/--cancel/.test(error.message);
    });
    await claim.end();
    await (await Claim.take(settings, parts)).end();
  });

  it('writes the settings, with what else belongs to it', async () => {
    const { settings, parts, registry, stored } = trainingRig();
    const claim = await Claim.take(settings, parts);
    const writes = [{ operation: 'put', key: 'more', value: Buffer.of(1) }] as const;
    await claim.write((current) => ({ settings: { ...current, versionsGiven: 4 }, writes }), deadlineOf());
    assert.equal((await stored()).versionsGiven, 4);
    assert.deepEqual((await registry.get('more'))?.value, Buffer.of(1));
  });

  it('writes nothing once it is lost, or the collection is gone', async () => {
    const { settings, parts, registry, stored } = trainingRig();
    const claim = await Claim.take(settings, parts);
    await registry.transact([], [{ operation: 'delete', key: keys.training(uid) }]);
    const write = (): Promise<unknown> =>
      claim.write((current) => ({ settings: { ...current, versionsGiven: 4 } }), deadlineOf());
    await assert.rejects(write(), { code: 'UNAVAILABLE' });
    assert.equal((await stored()).versionsGiven, 0);
    await registry.transact([], [{ operation: 'delete', key: keys.setting(uid) }]);
    await assert.rejects(write(), { code: 'NOT_FOUND' });
  });
});
