/** A new collection: what a request may ask for, what is written, and when it is there. */
import assert from 'node:assert/strict';
import { uint32From } from '../../../../base/bytes.js';
import { emptyClusterMap, applyEvents, type ClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import type { ChangeLog } from '../../../../cluster/change-log.js';
import { codecObject, keys } from '../../../../cluster/keys.js';
import type { ObjectStore } from '../../../../cluster/object-store.js';
import type { RegistryEntry } from '../../../../cluster/registry.js';
import type { ClusterView } from '../../../../cluster/shard-map/cluster-view.js';
import { createCollection, type CreateParts } from '../../../../coordinator/collections/create.js';
import { DirectoryPlacement, DirectoryState, ShardPlacement } from '../../../../proto/generated/shoal/v1/cluster.js';
import { CollectionSettings, CreateCollectionRequest } from '../../../../proto/generated/shoal/v1/collections.js';
import { attributeTypes } from '../../../../proto/attributes.js';
import { GetEncoderInfoResponse } from '../../../../proto/generated/shoal/v1/encoder.js';
import { FakeClock } from '../../../fake-clock.js';
import { deadlineOf, encodersOf, floats, mapOf, registryOf, replica, shardNode, silent } from '../fixtures.js';

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
    const copies = [...seen.directories.values()].flatMap((partitions) =>
      [...partitions.values()].flatMap(({ uid, partition, nodes: named }) =>
        named.map((node) => {
          const state = DirectoryState.fromPartial({ uid, partition, node, state: 'ready' });
          return [`${uid}/${partition}/${node}`, state] as const;
        }),
      ),
    );
    return {
      ...seen,
      nodes: mapOf({ nodes: nodes.map(shardNode) }).nodes,
      replicas: new Map(states),
      directoryStates: new Map(copies),
    };
  };
  const view: Partial<ClusterView> = {
    current: map,
    when: async (look, what) => look(map()) ?? assert.fail(`waited for ${what}`),
  };
  const log: Partial<ChangeLog> = {
    createStream: async (stream, first) => void events.push(`stream ${stream} from ${first}`),
    dropStream: async (stream) => void events.push(`drop ${stream}`),
  };
  const objects: Partial<ObjectStore> = {
    put: async (name) => void events.push(`object ${name}`),
    list: async (prefix) => (events.some((event) => event.startsWith(`object ${prefix}`)) ? [`${prefix}1`] : []),
    delete: async (name) => void events.push(`delete ${name}`),
  };
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
    logger: silent,
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
      expiresBy: '',
      structureVersion: 0,
      codebooks: [],
      codebookVersion: 0,
      parametersVersion: 0,
      autoTrain: undefined,
      copies: 0,
      tokenPooling: 0,
      versionsGiven: 0,
    });
    assert.deepEqual(events, ['stream uid-1 from 1']);
    assert.equal(Buffer.from(entries.get(keys.collection('notes'))!.value).toString(), 'uid-1');
    assert.deepEqual(CollectionSettings.decode(entries.get(keys.setting('uid-1'))!.value), settings);
    assert.deepEqual(ShardPlacement.decode(entries.get(keys.placement('uid-1', 0))!.value).nodes, ['s1', 's2']);
  });

  it('puts everything that belongs to it into the registry at once', async () => {
    const { create, entries } = rig();
    await create({ ...bare, directoryPartitions: 3 });
    const own = [...entries.values()].map(({ key }) => key).sort();
    const revisions = new Set([...entries.values()].map(({ revision }) => revision));
    assert.deepEqual(own, [
      keys.collection('notes'),
      ...[0, 1, 2].map((partition) => keys.directory('uid-1', partition)),
      keys.placement('uid-1', 0),
      keys.setting('uid-1'),
    ]);
    assert.equal(revisions.size, 1);
    const { hashFirst } = DirectoryPlacement.decode(entries.get(keys.directory('uid-1', 1))!.value);
    assert.equal(hashFirst, 2n ** 64n / 3n);
  });

  it('with centroids stores them, and groups their lists into shards', async () => {
    const { create, events, entries } = rig();
    const centroids = floats(1, 0, 0, 0, 1, 0, 0, 0, 1, 0.1, 0, 0);
    const settings = await create({ ...bare, centroids, shards: 2 });
    assert.equal(settings.structureVersion, 1);
    assert.deepEqual(events, ['object structures/uid-1/1', 'stream uid-1 from 1']);
    const lists = [0, 1].map((shard) => {
      const { lists: column } = ShardPlacement.decode(entries.get(keys.placement('uid-1', shard))!.value);
      return [...uint32From(column, 'lists')];
    });
    assert.deepEqual(lists.flat().sort(), [0, 1, 2]);
  });

  it('that expires has the attribute as a timestamp from the start', async () => {
    const { attributes, expiresBy } = await rig().create({ ...bare, expiresBy: 'until' });
    assert.deepEqual([attributes, expiresBy], [{ until: attributeTypes.timestamp }, 'until']);
  });

  it('with a model takes over what the model is, and stores its codec', async () => {
    const { create, events } = rig();
    const { model, dim, tokenDim, tokenCodec, sparseWeighting } = await create({ name: 'notes' });
    assert.deepEqual([model, dim, tokenDim, tokenCodec, sparseWeighting], ['toy', 384, 96, 'c1', 'bm25']);
    assert.equal(events[0], `object ${codecObject('c1')}`);
  });

  it('keeps token pooling, where the model has tokens to pool', async () => {
    const { create } = rig();
    assert.equal((await create({ name: 'notes', tokenPooling: 3 })).tokenPooling, 3);
    await assert.rejects(create({ ...bare, tokenPooling: 2 }), { code: 'INVALID_ARGUMENT', message: /model 'none'/ });
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
    await assert.rejects(create({ ...bare, centroids: floats(1, 2, 3, 4) }), { code: 'ALREADY_EXISTS' });
    assert.equal(events.at(-1), 'delete structures/uid-3/1');
  });

  it('of the name of an alias says so', async () => {
    const { create, entries } = rig();
    const key = keys.alias('notes');
    entries.set(key, { key, value: Buffer.from('x'), revision: 3n });
    await assert.rejects(create(bare), {
      code: 'ALREADY_EXISTS',
      message: "'notes' is an alias; drop it or choose another name",
    });
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
      message: 'node broken cannot open shard 0: disk trouble',
    });
  });
});
