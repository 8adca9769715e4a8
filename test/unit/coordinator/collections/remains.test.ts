/** Nothing of a collection stays behind, and nothing goes that the registry does not name. */
import assert from 'node:assert/strict';
import type { ChangeLog } from '../../../../cluster/change-log.js';
import { keys } from '../../../../cluster/keys.js';
import type { ObjectStore } from '../../../../cluster/object-store.js';
import type { RegistryEntry } from '../../../../cluster/registry.js';
import {
  beginOpening,
  clearRemains,
  leaveRemains,
  RemainsSweeper,
  type RemainsParts,
} from '../../../../coordinator/collections/remains.js';
import { ShoalError } from '../../../../base/errors.js';
import { FakeClock } from '../../../fake-clock.js';
import { registryOf, silent } from '../fixtures.js';

interface Rig {
  readonly parts: RemainsParts & { readonly clock: FakeClock; readonly logger: typeof silent };
  readonly entries: Map<string, RegistryEntry>;
  /** Streams and objects that are there. */
  readonly there: Set<string>;
  readonly state: { isLogDown: boolean };
}

function rig(): Rig {
  const entries = new Map<string, RegistryEntry>();
  const there = new Set(['a', 'structures/a/1', 'structures/a/2', 'b', 'structures/b/1', 'structures/ab/1']);
  const state = { isLogDown: false };
  const log: Partial<ChangeLog> = {
    dropStream: async (stream) => {
      if (state.isLogDown) throw new ShoalError('UNAVAILABLE', 'the log is away');
      there.delete(stream);
    },
  };
  const objects: Partial<ObjectStore> = {
    list: async (prefix) => [...there].filter((name) => name.startsWith(prefix)),
    delete: async (name) => void there.delete(name),
  };
  const registry = registryOf(entries);
  const parts = {
    registry,
    log: log as ChangeLog,
    objects: objects as ObjectStore,
    clock: new FakeClock(),
    logger: silent,
  };
  return { parts, entries, there, state };
}

const others = ['b', 'structures/b/1', 'structures/ab/1'];

describe('what a collection leaves', () => {
  it('goes where the registry says that it is to go, once and for all', async () => {
    const { parts, entries, there } = rig();
    await clearRemains('a', parts);
    assert.equal(there.size, 6);
    await parts.registry.transact([], [leaveRemains('a')]);
    await clearRemains('a', parts);
    await clearRemains('a', parts);
    assert.deepEqual([[...there], entries.size], [others, 0]);
  });

  it('stays while the collection is being made, and afterwards', async () => {
    const { parts, entries, there } = rig();
    const opening = await beginOpening('a', parts);
    await clearRemains('a', parts);
    assert.equal(there.size, 6);
    assert.notEqual(await parts.registry.transact(opening.conditions, opening.writes), null);
    await opening.end();
    await clearRemains('a', parts);
    assert.deepEqual([there.size, entries.size], [6, 0]);
  });

  it('goes when its maker has gone, who cannot publish it any more then', async () => {
    const { parts, entries, there } = rig();
    const opening = await beginOpening('a', parts);
    await opening.end();
    assert.deepEqual([...entries.keys()], [keys.remains('a')]);
    await clearRemains('a', parts);
    assert.deepEqual([...there], others);
    assert.equal(await parts.registry.transact(opening.conditions, opening.writes), null);
  });

  it('is named once only', async () => {
    const { parts } = rig();
    await beginOpening('a', parts);
    await assert.rejects(beginOpening('a', parts), { code: 'INTERNAL' });
  });

  it('is swept by whoever starts next, and until it is gone', async () => {
    const { parts, entries, there, state } = rig();
    state.isLogDown = true;
    await parts.registry.transact([], [leaveRemains('a')]);
    const sweeper = new RemainsSweeper(parts);
    for (let turn = 0; turn < 5; turn += 1) await parts.clock.pause();
    assert.equal(there.size, 6);
    state.isLogDown = false;
    await parts.clock.advance(60_000);
    for (let turn = 0; turn < 5; turn += 1) await parts.clock.pause();
    await sweeper.close();
    assert.deepEqual([[...there], entries.size, parts.clock.pending], [others, 0, 0]);
  });
});
