import assert from 'node:assert/strict';
import type { ChangeLog } from '../../../../cluster/change-log.js';
import { keys } from '../../../../cluster/keys.js';
import type { RegistryEntry } from '../../../../cluster/registry.js';
import type { ClusterView } from '../../../../cluster/shard-map/cluster-view.js';
import {
  describeCollection,
  dropCollection,
  updateCollection,
  type ManageParts,
} from '../../../../coordinator/collections/manage.js';
import type { Appenders } from '../../../../coordinator/ingest/appenders.js';
import { CollectionSettings, UpdateCollectionRequest } from '../../../../proto/generated/shoal/v1/collections.js';
import { ShardStatistics } from '../../../../proto/generated/shoal/v1/shard.js';
import { deadlineOf, mapOf, peersOf, registryOf, servingMap, settings, uid } from '../fixtures.js';

interface Rig {
  readonly parts: ManageParts;
  readonly entries: Map<string, RegistryEntry>;
  readonly events: string[];
}

function rig(others: readonly string[] = []): Rig {
  const events: string[] = [];
  const held: [string, Uint8Array][] = [
    [keys.collection('notes'), Buffer.from(uid)],
    [keys.setting(uid), CollectionSettings.encode(settings()).finish()],
    ...others.map((key): [string, Uint8Array] => [key, Buffer.of(1)]),
  ];
  const entries = new Map(held.map(([key, value]) => [key, { key, value, revision: 1n }]));
  const map = servingMap(2);
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
    appenders: { forget: (gone: string) => void events.push(`forget ${gone}`) } as unknown as Appenders,
  };
  return { parts, entries, events };
}

describe('describing a collection', () => {
  it('sums over its shards', async () => {
    const { settings: described, ...sizes } = await describeCollection(settings(), rig().parts, deadlineOf());
    assert.equal(described?.name, 'notes');
    assert.deepEqual(sizes, { documents: 6n, diskBytes: 200n, shards: 2, lists: 2 });
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
  });

  it('refuses a recall out of range, replicas, and unknown collections', async () => {
    for (const targetRecall of [0, 1, NaN]) {
      await assert.rejects(update({ targetRecall }), {
        code: 'INVALID_ARGUMENT',
        message: /^target recall is .*; it must be above 0 and below 1$/,
      });
    }
    await assert.rejects(update({ replicas: 2 }), { code: 'UNIMPLEMENTED', message: /created with --replicas 2$/ });
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
  it('removes its keys, its log, and nothing of any other', async () => {
    const others = [keys.placement('u10', 0), keys.floor('shoal.u10.1.0'), keys.collection('notes2')];
    const each = rig([keys.placement(uid, 0), keys.placement(uid, 1), keys.floor(`shoal.${uid}.1.0`), ...others]);
    const dropped = await dropCollection('notes', each.parts, deadlineOf());
    assert.equal(dropped.uid, uid);
    assert.deepEqual([...each.entries.keys()].sort(), [...others].sort());
    assert.deepEqual(each.events, [`drop ${uid}`, `forget ${uid}`]);
  });

  it('of an unknown name is NOT_FOUND', async () => {
    await assert.rejects(dropCollection('x', rig().parts, deadlineOf()), { code: 'NOT_FOUND' });
  });
});
