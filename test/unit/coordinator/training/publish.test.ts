import assert from 'node:assert/strict';
import { keys } from '../../../../cluster/keys.js';
import { Claim } from '../../../../coordinator/training/claim.js';
import {
  discardObjects,
  giveVersion,
  publish,
  refusalOf,
  removeOutdated,
} from '../../../../coordinator/training/publish.js';
import { deadlineOf, placement, uid } from '../fixtures.js';
import { codebook, trainingRig } from './fixtures.js';
import { ShardPlacement } from '../../../../proto/generated/shoal/v1/cluster.js';

describe('publishing a structure', () => {
  it('is refused to one that misses the target and finds less than what serves', () => {
    assert.equal(refusalOf({ heldOutBefore: 1, heldOutAfter: 0.95 }, 0.95), '');
    assert.equal(refusalOf({ heldOutBefore: 0.8, heldOutAfter: 0.8 }, 0.95), '');
    assert.match(refusalOf({ heldOutBefore: 1, heldOutAfter: 0.9 }, 0.95), /0\.9000.*1\.0000.*0\.95/);
  });

  it('gives every version once, above all that there were', async () => {
    const { settings, parts } = trainingRig({ changes: { structureVersion: 5 } });
    const claim = await Claim.take(settings, parts);
    assert.deepEqual([await giveVersion(claim, deadlineOf()), await giveVersion(claim, deadlineOf())], [6, 7]);
  });

  it('changes settings and lists in one write', async () => {
    const { settings, parts, stored, map } = trainingRig();
    const claim = await Claim.take(settings, parts);
    const published = { ...codebook, version: 3, structureVersion: 3 };
    await publish(published, settings, claim, { parts, deadline: deadlineOf() });
    const { structureVersion, codebookVersion, codebooks } = await stored();
    assert.deepEqual([structureVersion, codebookVersion, codebooks.map(({ version }) => version)], [3, 3, [3]]);
    const shard = map().placements.get(uid)?.get(0);
    assert.deepEqual([shard?.lists.length, shard?.epoch], [16, 2n]);
  });

  it('publishes nothing where the shards have changed', async () => {
    const { settings, parts, registry, stored } = trainingRig();
    const claim = await Claim.take(settings, parts);
    const value = ShardPlacement.encode(placement(1, ['a'])).finish();
    await registry.transact([], [{ operation: 'put', key: keys.placement(uid, 1), value }]);
    const deadline = deadlineOf();
    await assert.rejects(publish(codebook, settings, claim, { parts, deadline }), { code: 'ABORTED' });
    assert.equal((await stored()).structureVersion, 0);
  });

  it('publishes a split only over the structure that it was made of', async () => {
    const { settings, parts, stored } = trainingRig({ changes: { structureVersion: 5 } });
    const claim = await Claim.take(settings, parts);
    const split = { ...codebook, method: 'split', version: 7, structureVersion: 7 };
    const deadline = deadlineOf();
    const earlier = { ...settings, structureVersion: 4 };
    await assert.rejects(publish(split, earlier, claim, { parts, deadline }), { code: 'ABORTED' });
    assert.equal((await stored()).structureVersion, 5);
    await publish(split, settings, claim, { parts, deadline });
    assert.equal((await stored()).structureVersion, 7);
  });

  it('removes objects that nobody will read', async () => {
    const { parts, objects } = trainingRig();
    for (const name of ['structures', 'codebooks'])
      for (const version of [1, 2, 10]) objects.set(`${name}/${uid}/${version}`, Buffer.of(1));
    await removeOutdated(uid, 2, parts);
    assert.equal(objects.size, 4);
    await discardObjects(uid, 10, parts);
    assert.deepEqual([...objects.keys()], [`structures/${uid}/2`, `codebooks/${uid}/2`]);
  });
});
