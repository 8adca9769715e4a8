/** A hold keeps the log where it is, also against a floor that is being decided at the same moment. */
import assert from 'node:assert/strict';
import { keys } from '../../../../cluster/keys.js';
import type { Registry, RegistryEntry } from '../../../../cluster/registry.js';
import { heldAt, isHeld, placeHold, releaseHold } from '../../../../coordinator/placement/holds.js';
import { deadlineOf, registryOf, uid } from '../fixtures.js';

function rig(): { registry: Registry; entries: Map<string, RegistryEntry> } {
  const key = keys.setting(uid);
  const entries = new Map<string, RegistryEntry>([[key, { key, value: Buffer.from('s'), revision: 5n }]]);
  const list = async (prefix: string): Promise<RegistryEntry[]> =>
    [...entries.values()].filter((entry) => entry.key.startsWith(prefix));
  return { registry: Object.assign(registryOf(entries), { list }), entries };
}

describe('a hold', () => {
  it('is at the smallest of its positions, until it is released', async () => {
    const { registry } = rig();
    assert.equal(await heldAt(uid, registry), null);
    for (const [name, position] of [
      ['a', 9n],
      ['b', 4n],
      ['a', 7n],
    ] as const) {
      await placeHold({ uid, name }, position, registry, deadlineOf());
    }
    assert.equal(await heldAt(uid, registry), 4n);
    await releaseHold({ uid, name: 'b' }, registry);
    await releaseHold({ uid, name: 'b' }, registry);
    assert.equal(await heldAt(uid, registry), 7n);
  });

  it('is seen in the map, of its collection alone', () => {
    const holds = new Map([[`${uid}/backup-1`, 0n]]);
    assert.deepEqual(
      [isHeld({ holds }, uid), isHeld({ holds }, `${uid}1`), isHeld({ holds: new Map() }, uid)],
      [true, false, false],
    );
  });

  it('writes the settings again, as they are, so that what was decided without it fails', async () => {
    const { registry, entries } = rig();
    const before = entries.get(keys.setting(uid))!;
    await placeHold({ uid, name: 'a' }, 9n, registry, deadlineOf());
    const after = entries.get(keys.setting(uid))!;
    assert.deepEqual(after.value, before.value);
    assert.ok(after.revision > before.revision);
  });

  it('is not placed on a collection that is gone', async () => {
    const { registry, entries } = rig();
    entries.clear();
    await assert.rejects(placeHold({ uid, name: 'a' }, 9n, registry, deadlineOf()), { code: 'NOT_FOUND' });
    assert.equal(entries.size, 0);
  });
});
