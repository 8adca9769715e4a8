import assert from 'node:assert/strict';
import { keys } from '../../../../cluster/keys.js';
import { Claim } from '../../../../coordinator/training/claim.js';
import {
  discardObjects,
  giveVersion,
  publish,
  refusalOf,
  removeForgotten,
  removeOutdated,
} from '../../../../coordinator/training/publish.js';
import { deadlineOf, placement, uid } from '../fixtures.js';
import { codebook, trainingRig } from './fixtures.js';
import { ShardPlacement } from '../../../../proto/generated/shoal/v1/cluster.js';

const unrouted = { neededBefore: 0, neededAfter: 0 };

describe('publishing a structure', () => {
  it('is refused to one that misses the target and finds less than what serves', () => {
    assert.equal(refusalOf({ ...unrouted, method: 'structure', heldOutBefore: 1, heldOutAfter: 0.95 }, 0.95), '');
    assert.equal(refusalOf({ ...unrouted, method: 'structure', heldOutBefore: 0.8, heldOutAfter: 0.8 }, 0.95), '');
    assert.match(
      refusalOf({ ...unrouted, method: 'structure', heldOutBefore: 1, heldOutAfter: 0.9 }, 0.95),
      /0\.9000.*1\.0000.*0\.95/,
    );
  });

  it('is refused to parameters that find no more than what serves, whatever the target', () => {
    const learned = { ...unrouted, method: 'distill-vq', heldOutBefore: 0.7 };
    assert.equal(refusalOf({ ...learned, heldOutAfter: 0.71 }, 0.95), '');
    for (const heldOutAfter of [0.7, 0.7015])
      assert.match(refusalOf({ ...learned, heldOutAfter }, 0.95), /0\.7000: a gain of less than 0\.002/);
    // As much in fewer lists is better, too.
    const routed = { ...learned, neededBefore: 9 };
    assert.equal(refusalOf({ ...routed, heldOutAfter: 0.7, neededAfter: 8 }, 0.95), '');
    for (const [heldOutAfter, neededAfter] of [
      [0.7, 9],
      [0.69, 8],
    ] as const)
      assert.match(refusalOf({ ...routed, heldOutAfter, neededAfter }, 0.95), /may be chance/);
    const judged = refusalOf({ ...learned, method: 'jpq', heldOutAfter: 0.7 }, 0.95);
    assert.match(judged, /MRR@10 of held-out judged queries is 0\.7000 by first codes, what serves has 0\.7000/);
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

  it('lays learned parameters over the structure that they were learned for, and changes nothing else', async () => {
    const { settings, parts, stored, map } = trainingRig({ changes: { structureVersion: 5, codebookVersion: 5 } });
    const claim = await Claim.take(settings, parts);
    const learned = { ...codebook, method: 'distill-vq', version: 7, structureVersion: 5 };
    const deadline = deadlineOf();
    const earlier = { ...settings, structureVersion: 4 };
    await assert.rejects(publish(learned, earlier, claim, { parts, deadline }), { code: 'ABORTED' });
    const other = { ...settings, parametersVersion: 6 };
    await assert.rejects(publish(learned, other, claim, { parts, deadline }), {
      code: 'ABORTED',
      message: /activated/,
    });
    await publish(learned, settings, claim, { parts, deadline });
    const { structureVersion, codebookVersion, parametersVersion } = await stored();
    assert.deepEqual([structureVersion, codebookVersion, parametersVersion], [5, 5, 7]);
    assert.equal(map().placements.get(uid)?.get(0)?.epoch, 1n);
    // A split has the same codes; a new structure has others.
    const split = { ...codebook, method: 'split', version: 8, structureVersion: 8 };
    await publish(split, settings, claim, { parts, deadline });
    assert.equal((await stored()).parametersVersion, 7);
    await publish({ ...codebook, version: 9, structureVersion: 9 }, settings, claim, { parts, deadline });
    assert.equal((await stored()).parametersVersion, 0);
  });

  it('remembers the codebook that serves, however many were learned for it', async () => {
    const serving = { ...codebook, version: 5, structureVersion: 5 };
    const changes = { structureVersion: 5, codebookVersion: 5, codebooks: [serving] };
    const { settings, parts, stored, objects } = trainingRig({ changes });
    const claim = await Claim.take(settings, parts);
    const remembered = async (): Promise<number[]> => (await stored()).codebooks.map(({ version }) => version);
    for (let version = 6; version < 46; version += 1) {
      const learned = { ...codebook, method: 'distill-vq', version, structureVersion: 5 };
      await publish(learned, await stored(), claim, { parts, deadline: deadlineOf() });
      objects.set(`parameters/${uid}/${version}`, Buffer.of(1));
    }
    const versions = await remembered();
    assert.deepEqual([versions[0], versions[1], versions.at(-1), versions.length], [5, 14, 45, 33]);
    await removeForgotten(uid, parts);
    assert.deepEqual([objects.size, objects.has(`parameters/${uid}/14`)], [32, true]);
    // Learned parameters that serve, their structure and the last training are remembered through any number of splits.
    for (let version = 46; version < 86; version += 1) {
      const split = { ...codebook, method: 'split', version, structureVersion: version };
      await publish(split, await stored(), claim, { parts, deadline: deadlineOf() });
    }
    assert.deepEqual((await remembered()).slice(0, 3), [5, 45, 54]);
    // So is one that took its place, whichever way it was made.
    for (let version = 86; version < 126; version += 1) {
      const made = { ...codebook, method: version === 86 ? 'rabitq' : 'split', version, structureVersion: version };
      await publish(made, await stored(), claim, { parts, deadline: deadlineOf() });
    }
    assert.deepEqual((await remembered()).slice(0, 3), [5, 86, 94]);
  });

  it('removes objects that nobody will read', async () => {
    const { parts, objects } = trainingRig({ changes: { parametersVersion: 1 } });
    for (const name of ['structures', 'codebooks', 'parameters'])
      for (const version of [1, 2, 10]) objects.set(`${name}/${uid}/${version}`, Buffer.of(1));
    await removeOutdated(uid, 2, parts);
    assert.equal(objects.size, 7);
    await discardObjects(uid, 10, parts);
    assert.deepEqual(
      [...objects.keys()],
      [`structures/${uid}/2`, `codebooks/${uid}/2`, `parameters/${uid}/1`, `parameters/${uid}/2`],
    );
  });
});
