/** Aliases lead somewhere, never in a circle, and what they lead to stays. */
import assert from 'node:assert/strict';
import { keys } from '../../../../cluster/keys.js';
import type { RegistryEntry } from '../../../../cluster/registry.js';
import { applyEvents, emptyClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../../../cluster/shard-map/cluster-view.js';
import { dropAlias, refusePointedTo, setAlias, type AliasParts } from '../../../../coordinator/collections/aliases.js';
import { deadlineOf, registryOf } from '../fixtures.js';

interface Rig {
  readonly parts: AliasParts;
  readonly entries: Map<string, RegistryEntry>;
  set(alias: string, target: string): ReturnType<typeof setAlias>;
  drop(alias: string): Promise<void>;
  aliases(): Record<string, string>;
}

/** The collections `notes` and `other`. */
function rig(): Rig {
  const entries = new Map<string, RegistryEntry>();
  for (const name of ['notes', 'other']) {
    const key = keys.collection(name);
    entries.set(key, { key, value: Buffer.from(`uid of ${name}`), revision: 1n });
  }
  const list = async (prefix: string): Promise<RegistryEntry[]> =>
    [...entries.values()].filter(({ key }) => key.startsWith(prefix));
  const registry = Object.assign(registryOf(entries), { list });
  const view: Partial<ClusterView> = {
    when: async (look) => {
      const events = [...entries.values()].map((entry) => ({ kind: 'put', entry }) as const);
      const map = applyEvents(emptyClusterMap, events);
      // Deletions leave no entry by which this picture could tell how new it is.
      return look({ ...map, revision: 2n ** 60n })!;
    },
  };
  const parts = { registry, view: view as ClusterView };
  return {
    parts,
    entries,
    set: (alias, target) => setAlias(alias, target, parts, deadlineOf()),
    drop: (alias) => dropAlias(alias, parts, deadlineOf()),
    aliases: () =>
      Object.fromEntries(
        [...entries.values()]
          .filter(({ key }) => key.startsWith(keys.aliases))
          .map(({ key, value }) => [key.slice(keys.aliases.length), Buffer.from(value).toString()]),
      ),
  };
}

describe('setting an alias', () => {
  it('points it to a collection or another alias, and says what is at the end', async () => {
    const each = rig();
    assert.deepEqual(await each.set('a', 'notes'), { collection: 'notes', uid: 'uid of notes' });
    assert.deepEqual(await each.set('b', 'a'), { collection: 'notes', uid: 'uid of notes' });
    assert.deepEqual(await each.set('a', 'other'), { collection: 'other', uid: 'uid of other' });
    assert.deepEqual(each.aliases(), { a: 'other', b: 'a' });
  });

  it('never closes a circle', async () => {
    const each = rig();
    await each.set('a', 'notes');
    await each.set('b', 'a');
    await each.set('c', 'b');
    const refused = (alias: string, target: string, path: string): Promise<void> =>
      assert.rejects(each.set(alias, target), {
        code: 'FAILED_PRECONDITION',
        message: `alias '${alias}' would point to itself: ${path}; choose another target`,
      });
    await refused('a', 'c', 'a → c → b → a');
    await refused('d', 'd', 'd → d');
    assert.deepEqual(each.aliases(), { a: 'notes', b: 'a', c: 'b' });
  });

  it('refuses unknown targets, taken names and bad ones', async () => {
    const each = rig();
    await assert.rejects(each.set('a', 'none'), { code: 'NOT_FOUND', message: /^'none' is neither a collection nor/ });
    await assert.rejects(each.set('notes', 'other'), { code: 'ALREADY_EXISTS', message: /^collection 'notes' exists/ });
    await assert.rejects(each.set('A', 'other'), { code: 'INVALID_ARGUMENT' });
    const key = keys.alias('old');
    each.entries.set(key, { key, value: Buffer.from('gone'), revision: 2n });
    await assert.rejects(each.set('a', 'old'), {
      code: 'NOT_FOUND',
      message: "alias 'old' leads to 'gone', which does not exist; re-point it first",
    });
  });

  it('makes a drop of its target that was decided before fail', async () => {
    const each = rig();
    const before = each.entries.get(keys.collection('notes'))!;
    await each.set('a', 'notes');
    const after = each.entries.get(keys.collection('notes'))!;
    assert.deepEqual(after.value, before.value);
    assert.ok(after.revision > before.revision);
  });

  it('looks again when something on its way changed at that moment', async () => {
    const each = rig();
    await each.set('a', 'notes');
    const { transact } = each.parts.registry;
    const state = { rivals: 1 };
    each.parts.registry.transact = async (conditions, writes) => {
      state.rivals -= 1;
      if (state.rivals >= 0) {
        const key = keys.alias('a');
        each.entries.set(key, { key, value: Buffer.from('b'), revision: 50n });
      }
      return transact(conditions, writes);
    };
    await assert.rejects(each.set('b', 'a'), { code: 'FAILED_PRECONDITION', message: /b → a → b/ });
  });
});

describe('dropping an alias', () => {
  it('leaves what it points to', async () => {
    const each = rig();
    await each.set('a', 'notes');
    await each.drop('a');
    assert.deepEqual(each.aliases(), {});
    assert.ok(each.entries.has(keys.collection('notes')));
  });

  it('is refused for one that is not there, or that another points to', async () => {
    const each = rig();
    await assert.rejects(each.drop('a'), { code: 'NOT_FOUND', message: /^alias 'a' does not exist/ });
    await each.set('a', 'notes');
    await each.set('b', 'a');
    await assert.rejects(each.drop('a'), {
      code: 'FAILED_PRECONDITION',
      message: "alias 'a' stays: alias 'b' points to it; drop or re-point them first",
    });
    await refusePointedTo('b', 'alias', each.parts.registry);
  });
});
