/** A new collection: what a request may ask for, what is written, and when it is there. */
import assert from 'node:assert/strict';
import { emptyClusterMap, applyEvents, type ClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import type { ChangeLog } from '../../../../cluster/change-log.js';
import { codecObject, keys } from '../../../../cluster/keys.js';
import type { ObjectStore } from '../../../../cluster/object-store.js';
import type { RegistryEntry } from '../../../../cluster/registry.js';
import type { ClusterView } from '../../../../cluster/shard-map/cluster-view.js';
import { createCollection, type CreateParts } from '../../../../coordinator/collections/create.js';
import { ShardPlacement } from '../../../../proto/generated/shoal/v1/cluster.js';
import { CollectionSettings, CreateCollectionRequest } from '../../../../proto/generated/shoal/v1/collections.js';
import type { AttributeType } from '../../../../proto/generated/shoal/v1/document.js';
import { GetEncoderInfoResponse } from '../../../../proto/generated/shoal/v1/encoder.js';
import { FakeClock } from '../../../fake-clock.js';
import { deadlineOf, encodersOf, mapOf, registryOf, replica, shardNode } from '../fixtures.js';

interface Rig {
  readonly entries: Map<string, RegistryEntry>;
  /** Streams and objects made and dropped, in order. */
  readonly events: string[];
  create(request: Parameters<typeof CreateCollectionRequest.fromPartial>[0]): Promise<CollectionSettings>;
}

/** Replicas open at once; those on the node `broken` fail. */
function rig(nodes: readonly string[] = ['s1', 's2']): Rig {
  const entries = new Map<string, RegistryEntry>();
  const events: string[] = [];
  const map = (): ClusterMap => {
    const put = [...entries.values()].map((entry) => ({ kind: 'put', entry }) as const);
    const seen = applyEvents(emptyClusterMap, put);
    const states = [...seen.placements.values()].flatMap((shards) =>
      [...shards.values()].flatMap(({ uid, shard, nodes: named }) =>
        named.map((node) => {
          const trouble = node === 'broken' ? { state: 'failed', problem: 'disk trouble' } : {};
          return [`${uid}/${shard}/${node}`, replica(shard, node, { uid, ...trouble })] as const;
        }),
      ),
    );
    return { ...seen, nodes: mapOf({ nodes: nodes.map(shardNode) }).nodes, replicas: new Map(states) };
  };
  const view: Partial<ClusterView> = {
    current: map,
    when: async (look, what) => look(map()) ?? assert.fail(`waited for ${what}`),
  };
  const log: Partial<ChangeLog> = {
    createStream: async (stream, first) => void events.push(`stream ${stream} from ${first}`),
    dropStream: async (stream) => void events.push(`drop ${stream}`),
  };
  const objects: Partial<ObjectStore> = { put: async (name) => void events.push(`object ${name}`) };
  const info = { model: 'toy', modelDigest: 'd', dim: 384, tokenDim: 96, tokenCodec: 'c1', sparse: 'bm25' };
  let uids = 0;
  const parts: CreateParts = {
    view: view as ClusterView,
    registry: registryOf(entries),
    log: log as ChangeLog,
    objects: objects as ObjectStore,
    encoders: encodersOf({ infoOfModel: async () => GetEncoderInfoResponse.fromPartial(info) }),
    clock: new FakeClock(),
    newUid: () => `uid-${(uids += 1)}`,
    defaultReplicas: 2,
  };
  const create: Rig['create'] = (request) =>
    createCollection(CreateCollectionRequest.fromPartial(request), parts, deadlineOf());
  return { entries, events, create };
}

const bare = { name: 'notes', model: 'none', dim: 4 };

describe('creating a collection', () => {
  it('without a model takes the size of its vectors, and defaults for the rest', async () => {
    const { create, events, entries } = rig();
    const settings = await create(bare);
    assert.deepEqual(settings, {
      name: 'notes',
      uid: 'uid-1',
      model: 'none',
      modelDigest: '',
      dim: 4,
      tokenDim: 0,
      tokenCodec: '',
      sparseWeighting: 'learned',
      shards: 1,
      replicas: 2,
      attributes: {},
      targetRecall: 0.95,
      keepVectors: true,
      bm25AverageLength: 200,
      created: new Date(Date.UTC(2026, 0, 1)),
    });
    assert.deepEqual(events, ['stream uid-1 from 1']);
    assert.equal(Buffer.from(entries.get(keys.collection('notes'))!.value).toString(), 'uid-1');
    assert.deepEqual(CollectionSettings.decode(entries.get(keys.setting('uid-1'))!.value), settings);
    assert.deepEqual(ShardPlacement.decode(entries.get(keys.placement('uid-1', 0))!.value).nodes, ['s1', 's2']);
  });

  it('with a model takes over what the model is, and stores its codec', async () => {
    const { create, events } = rig();
    const { model, dim, tokenDim, tokenCodec, sparseWeighting } = await create({ name: 'notes' });
    assert.deepEqual([model, dim, tokenDim, tokenCodec, sparseWeighting], ['toy', 384, 96, 'c1', 'bm25']);
    assert.equal(events[0], `object ${codecObject('c1')}`);
  });

  it('of a name that is taken says ALREADY_EXISTS and leaves nothing behind', async () => {
    const { create, events, entries } = rig();
    await create(bare);
    await assert.rejects(create(bare), {
      code: 'ALREADY_EXISTS',
      message: "collection 'notes' exists already; drop it or choose another name",
    });
    assert.deepEqual(events.slice(1), ['stream uid-2 from 1', 'drop uid-2']);
    assert.equal(entries.has(keys.setting('uid-2')), false);
  });

  it('needs as many shard nodes as replicas', async () => {
    const { create, events } = rig();
    await assert.rejects(create({ ...bare, replicas: 3 }), {
      code: 'FAILED_PRECONDITION',
      message: /wants 3 replicas, 2 shard nodes are up/,
    });
    assert.deepEqual(events, []);
  });

  it('tells at once of a replica that cannot open', async () => {
    await assert.rejects(rig(['broken']).create({ ...bare, replicas: 1 }), {
      code: 'UNAVAILABLE',
      message: 'node broken cannot open the shard: disk trouble',
    });
  });
});

describe('a request for a collection', () => {
  const refusal = (
    changes: Parameters<typeof CreateCollectionRequest.fromPartial>[0],
    message: RegExp,
  ): Promise<void> => assert.rejects(rig().create({ ...bare, ...changes }), { code: 'INVALID_ARGUMENT', message });

  it('has a name of small letters, digits, _ and -', async () => {
    await rig().create({ ...bare, name: '0_-' + 'x'.repeat(60) });
    for (const name of ['', 'Notes', '-a', '_a', 'a b', 'ä', 'x'.repeat(64), 'a/b']) {
      await refusal({ name }, /^collection name '.*' is not of the form: lower-case letters/);
    }
  });

  it('has dimensions in range without a model, and none with one', async () => {
    await refusal({ dim: 0 }, /^dim is 0; without a model it must be given, 1 to 65536$/);
    await refusal({ dim: 65_537 }, /^dim is 65537/);
    await refusal({ model: 'toy' }, /^dim is the model's; give it with model "none" only$/);
  });

  it('declares attributes of plain names and known types', async () => {
    await refusal({ attributes: { 'a b': 1 } }, /^attribute name 'a b' is not of the form/);
    await refusal(
      { attributes: { year: 99 as AttributeType } },
      /^attribute 'year' has type 99, which this cluster does not know$/,
    );
    await refusal({ attributes: { year: 0 } }, /has type 0/);
  });

  it('has shards and recall in range', async () => {
    await refusal({ shards: 4_097 }, /^shards is 4097; it must be at most 4096$/);
    for (const targetRecall of [-0.1, 1, 2, NaN])
      await refusal({ targetRecall }, /^target recall is .*; it must be above 0 and below 1$/);
  });
});
