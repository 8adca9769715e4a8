import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import type { ChangeLog } from '../../../../cluster/change-log.js';
import { keys } from '../../../../cluster/keys.js';
import type { ObjectStore } from '../../../../cluster/object-store.js';
import type { RegistryEntry } from '../../../../cluster/registry.js';
import type { ClusterView } from '../../../../cluster/shard-map/cluster-view.js';
import {
  describeCollection,
  dropCollection,
  updateCollection,
  type ManageParts,
} from '../../../../coordinator/collections/manage.js';
import type { Appenders } from '../../../../coordinator/ingest/appenders.js';
import type { Structures } from '../../../../coordinator/structures.js';
import { CollectionSettings, UpdateCollectionRequest } from '../../../../proto/generated/shoal/v1/collections.js';
import { ShardStatistics } from '../../../../proto/generated/shoal/v1/shard.js';
import { FakeClock } from '../../../fake-clock.js';
import { deadlineOf, mapOf, peersOf, registryOf, replica, servingMap, settings, uid } from '../fixtures.js';

interface Rig {
  readonly parts: ManageParts;
  readonly entries: Map<string, RegistryEntry>;
  readonly events: string[];
}

function rig(others: readonly string[] = [], aliases: Readonly<Record<string, string>> = {}): Rig {
  const events: string[] = [];
  const held: [string, Uint8Array][] = [
    [keys.collection('notes'), Buffer.from(uid)],
    [keys.setting(uid), CollectionSettings.encode(settings()).finish()],
    ...others.map((key): [string, Uint8Array] => [key, Buffer.of(1)]),
    ...Object.entries(aliases).map(([alias, target]): [string, Uint8Array] => [keys.alias(alias), Buffer.from(target)]),
  ];
  const entries = new Map(held.map(([key, value]) => [key, { key, value, revision: 1n }]));
  const collection = settings({ structureVersion: 1 });
  const aliased = new Map(Object.entries(aliases));
  const map = { ...servingMap(2), settings: new Map([[uid, collection]]), aliases: aliased };
  const registry = Object.assign(registryOf(entries), {
    list: async (prefix: string) => [...entries.values()].filter(({ key }) => key.startsWith(prefix)),
  });
  const view: Partial<ClusterView> = {
    current: () => map,
    when: async (look, what) => look(mapOf({})) ?? assert.fail(`waited for ${what}`),
  };
  const counts = ShardStatistics.fromPartial({ documents: 3n, diskBytes: 100n });
  const parts: ManageParts = {
    registry,
    view: view as ClusterView,
    peers: peersOf({ statistics: async () => ({ shards: [counts] }) }),
    log: { dropStream: async (stream: string) => void events.push(`drop ${stream}`) } as unknown as ChangeLog,
    objects: {
      list: async (prefix: string) => [`${prefix}1`],
      delete: async (name: string) => void events.push(`delete ${name}`),
    } as unknown as ObjectStore,
    structures: { forget: () => undefined } as unknown as Structures,
    clock: new FakeClock(),
    appenders: { forget: (gone: string) => void events.push(`forget ${gone}`) } as unknown as Appenders,
  };
  return { parts, entries, events };
}

describe('describing a collection', () => {
  it('sums over its shards', async () => {
    const { settings: described, training, ...sizes } = await describeCollection(settings(), rig().parts, deadlineOf());
    assert.deepEqual([described?.name, training], ['notes', undefined]);
    assert.deepEqual(sizes, { documents: 6n, diskBytes: 200n, shards: 2, lists: 2, shardsUncounted: 0 });
  });

  it('says how many of them nobody can count', async () => {
    const away = peersOf({
      statistics: async (_address, { shards }) => {
        if (shards[0]?.shard === 0) throw new ShoalError('UNAVAILABLE', 'the node is away');
        return { shards: [ShardStatistics.fromPartial({ documents: 3n, diskBytes: 100n })] };
      },
    });
    const parts = { ...rig().parts, peers: away };
    const { settings: described, training, ...sizes } = await describeCollection(settings(), parts, deadlineOf());
    assert.deepEqual([described?.name, training], ['notes', undefined]);
    assert.deepEqual(sizes, { documents: 3n, diskBytes: 100n, shards: 2, lists: 2, shardsUncounted: 1 });
  });
});

describe('changing a collection', () => {
  const update = (
    request: Parameters<typeof UpdateCollectionRequest.fromPartial>[0],
    each = rig(),
  ): Promise<CollectionSettings> =>
    updateCollection(UpdateCollectionRequest.fromPartial({ name: 'notes', ...request }), each.parts, deadlineOf());

  it('keeps what is not named', async () => {
    const each = rig();
    const changed = await update({ targetRecall: 0.9 }, each);
    assert.deepEqual(changed, { ...settings(), targetRecall: 0.9 });
    assert.deepEqual(CollectionSettings.decode(each.entries.get(keys.setting(uid))!.value), changed);
    assert.deepEqual(await update({ replicas: 1 }), settings());
    assert.deepEqual(await update({ copies: 2 }), { ...settings(), copies: 2 });
  });

  it('refuses a recall out of range, replicas, and unknown collections', async () => {
    for (const targetRecall of [0, 1, NaN]) {
      await assert.rejects(update({ targetRecall }), {
        code: 'INVALID_ARGUMENT',
        message: /^target recall is .*; it must be above 0 and below 1$/,
      });
    }
    await assert.rejects(update({ copies: 3 }), { code: 'INVALID_ARGUMENT', message: /^copies are 3/ });
    await assert.rejects(update({ replicas: 2 }), {
      code: 'UNIMPLEMENTED',
      message: /under another name with --replicas 2, /,
    });
    await assert.rejects(update({ name: 'x' }), {
      code: 'NOT_FOUND',
      message: "collection 'x' does not exist; create it or list those that do",
    });
  });

  it('says NOT_FOUND when it was dropped meanwhile', async () => {
    const each = rig();
    each.entries.delete(keys.setting(uid));
    await assert.rejects(update({ targetRecall: 0.5 }, each), { code: 'NOT_FOUND', message: /was dropped meanwhile/ });
  });
});

describe('dropping a collection', () => {
  const own = [
    keys.placement(uid, 0),
    keys.placement(uid, 1),
    keys.directory(uid, 0),
    keys.hold(uid, 'backup'),
    keys.trainingRecord(uid),
    keys.floor(`shoal.${uid}.1.0`),
  ];

  it('removes its keys, its log, its structure, and nothing of any other', async () => {
    const others = [keys.placement('u10', 0), keys.floor('shoal.u10.1.0'), keys.collection('notes2')];
    const each = rig([...own, ...others]);
    const dropped = await dropCollection('notes', each.parts, deadlineOf());
    assert.equal(dropped.uid, uid);
    assert.deepEqual([...each.entries.keys()].sort(), [...others].sort());
    const families = ['structures', 'codebooks', 'parameters', 'trainings'];
    const objects = families.map((family) => `delete ${family}/${uid}/1`);
    assert.deepEqual(each.events, [`drop ${uid}`, ...objects, `forget ${uid}`]);
  });

  it('takes the log away when no node holds a part of it any more, and waits for none that is away', async () => {
    for (const isAway of [false, true]) {
      const each = rig(own);
      const clock = each.parts.clock as FakeClock;
      const gone = mapOf({});
      const seen = [{ ...gone, replicas: new Map([[`${uid}/0/n1`, replica(0, 'n1')]]) }, ...(isAway ? [] : [gone])];
      const when: ClusterView['when'] = async (look, what, deadline) => {
        for (const map of what.startsWith('nodes') ? seen : [gone]) {
          each.events.push(`${map.replicas.size} replicas`);
          const found = look(map);
          if (found !== undefined) return found;
        }
        await clock.advance(5_000);
        deadline.check();
        return assert.fail('the deadline is over');
      };
      Object.assign(each.parts.view, { when });
      await dropCollection('notes', each.parts, deadlineOf());
      const before = isAway ? ['1 replicas'] : ['1 replicas', '0 replicas'];
      assert.deepEqual(each.events.slice(0, before.length + 1), [...before, `drop ${uid}`]);
    }
  });

  it('removes also what was written about it at that moment', async () => {
    const each = rig(own);
    const { transact } = each.parts.registry;
    const late = { key: keys.floor(`shoal.${uid}.1.1`), value: Buffer.from('7'), revision: 9n };
    each.parts.registry.transact = async (conditions, writes) => {
      if (conditions.some(({ key }) => key === keys.collection('notes'))) each.entries.set(late.key, late);
      return transact(conditions, writes);
    };
    await dropCollection('notes', each.parts, deadlineOf());
    assert.deepEqual([...each.entries.keys()], []);
  });

  it('is refused while aliases point to it, and by the name of an alias', async () => {
    const each = rig(own, { current: 'notes', latest: 'notes', other: 'current' });
    await assert.rejects(dropCollection('notes', each.parts, deadlineOf()), {
      code: 'FAILED_PRECONDITION',
      message: "collection 'notes' stays: aliases 'current', 'latest' point to it; drop or re-point them first",
    });
    await assert.rejects(dropCollection('current', each.parts, deadlineOf()), {
      code: 'FAILED_PRECONDITION',
      message: "'current' is an alias of collection 'notes'; drop the alias, or the collection by its own name",
    });
    assert.deepEqual(each.events, []);
  });

  it('of an unknown name is NOT_FOUND', async () => {
    await assert.rejects(dropCollection('x', rig().parts, deadlineOf()), { code: 'NOT_FOUND' });
  });
});
