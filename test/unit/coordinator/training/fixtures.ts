/** What tests of training share: a registry with one collection in one shard, a view of it, and a node that trains at once. */
import { createLogger } from '../../../../base/logger.js';
import { keys } from '../../../../cluster/keys.js';
import type { ObjectStore } from '../../../../cluster/object-store.js';
import type { Registry, RegistryEntry } from '../../../../cluster/registry.js';
import type { ClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import type { TrainParts } from '../../../../coordinator/training/train.js';
import { ShardPlacement } from '../../../../proto/generated/shoal/v1/cluster.js';
import { Codebook, CollectionSettings } from '../../../../proto/generated/shoal/v1/collections.js';
import type { GetStatisticsRequest, ListSizes } from '../../../../proto/generated/shoal/v1/shard.js';
import { ShardTrainingService, TrainingRecord, TrainingState } from '../../../../proto/generated/shoal/v1/training.js';
import { FakeClock } from '../../../fake-clock.js';
import { bareSettings, mapOf, placement, registryOf, replica, shardNode, uid } from '../fixtures.js';

export const codebook = Codebook.fromPartial({ method: 'structure', lists: 4, heldOutBefore: 1, heldOutAfter: 0.97 });

export interface TrainingRig {
  readonly settings: CollectionSettings;
  readonly registry: Registry;
  readonly objects: Map<string, Uint8Array>;
  readonly clock: FakeClock;
  /** Names of the calls to nodes, in order, with the node's address. */
  readonly calls: string[];
  /** What nodes say of a training before it is done, each once. */
  readonly progress: { readonly share: number; readonly resumedShare?: number }[];
  /** Thrown by the node's next answers to this method. */
  readonly failures: Map<string, Error>;
  /** What happens while a node is asked by this method. */
  readonly meanwhile: Map<string, () => Promise<void>>;
  readonly parts: TrainParts;
  /** How often a training has asked how many documents there are. */
  readonly counted: { documents: number };
  /** What the node's next answer says that there is. */
  readonly counts: { documents: bigint };
  map(): ClusterMap;
  /** The collection's settings as the registry has them. */
  stored(): Promise<CollectionSettings>;
}

export interface TrainingRigOptions {
  readonly changes?: Partial<CollectionSettings>;
  readonly documents?: bigint;
  readonly nodes?: readonly string[];
  readonly trained?: Codebook;
  readonly listSizes?: ListSizes;
  /** Names of holds in the map. */
  readonly holds?: readonly string[];
}

export function trainingRig(options: TrainingRigOptions = {}): TrainingRig {
  const { changes = {}, documents = 2_000n, nodes = ['a', 'b'], trained = codebook, listSizes, holds = [] } = options;
  const settings = bareSettings({ keepVectors: true, targetRecall: 0.95, ...changes });
  const entries = new Map<string, RegistryEntry>();
  const put = (key: string, value: Uint8Array): void => void entries.set(key, { key, value, revision: 1n });
  put(keys.setting(uid), CollectionSettings.encode(settings).finish());
  put(keys.placement(uid, 0), ShardPlacement.encode(placement(0, nodes)).finish());
  const registry = registryOf(entries);
  const objects = new Map<string, Uint8Array>();
  const map = (): ClusterMap => {
    const setting = entries.get(keys.setting(uid));
    const shard = entries.get(keys.placement(uid, 0));
    const picture = mapOf({
      collections: setting === undefined ? [] : [CollectionSettings.decode(setting.value)],
      placements: shard === undefined ? [] : [ShardPlacement.decode(shard.value)],
      nodes: nodes.map(shardNode),
      replicas: nodes.map((node) => replica(0, node)),
    });
    const [record, state] = [entries.get(keys.trainingRecord(uid)), entries.get(keys.trainingState(uid))];
    return {
      ...{ ...picture, holds: new Map(holds.map((name) => [name, 0n])) },
      trainingRecords: new Map(record && [[uid, TrainingRecord.decode(record.value)]]),
      trainingStates: new Map(state && [[uid, TrainingState.decode(state.value)]]),
    };
  };
  const calls: string[] = [];
  const failures = new Map<string, Error>();
  const meanwhile: TrainingRig['meanwhile'] = new Map();
  const progress: TrainingRig['progress'] = [];
  const answers = new Map<unknown, unknown>([
    [ShardTrainingService.awaitTraining, { step: 'trained', share: 1, resumedShare: 0, codebook: trained }],
    [ShardTrainingService.storeTraining, {}],
    [ShardTrainingService.endTraining, {}],
  ]);
  const transfer = nodesOf({ calls, failures, meanwhile, progress }, answers);
  const counts = { shard: 0, status: 0, documents, diskBytes: 1n };
  const counted = { documents: 0 };
  const statistics = async (_: string, request: GetStatisticsRequest): Promise<unknown> => {
    if (request.listSizes !== true) counted.documents += 1;
    return { shards: [request.listSizes === true ? { ...counts, listSizes } : counts] };
  };
  const store: Partial<ObjectStore> = {
    get: async (name) => objects.get(name) ?? null,
    put: async (name, bytes) => void objects.set(name, bytes),
    list: async (prefix) => [...objects.keys()].filter((name) => name.startsWith(prefix)),
    delete: async (name) => void objects.delete(name),
  };
  const clock = new FakeClock();
  const view = {
    current: map,
    when: async <T>(look: (seen: ClusterMap) => T | undefined) => look(map()),
  };
  const parts = {
    ...{ registry, clock, view, objects: store, logger: createLogger('test', 'silent'), newSeed: () => 7 },
    trainDocumentsMin: 1_000,
    ...{ peers: { transfer, statistics }, appenders: {}, encoders: {} },
  } as unknown as TrainParts;
  const stored = async (): Promise<CollectionSettings> =>
    CollectionSettings.decode((await registry.get(keys.setting(uid)))!.value);
  const told = { calls, progress, failures, meanwhile };
  return { settings, registry, objects, clock, ...told, parts, counted, counts, map, stored };
}

/** Nodes that give `answers`, after what there is to say before; an order that nobody has ended is taken over. */
function nodesOf(
  { calls, failures, meanwhile, progress }: Pick<TrainingRig, 'calls' | 'failures' | 'meanwhile' | 'progress'>,
  answers: ReadonlyMap<unknown, unknown>,
): (address: string, method: { readonly path: string }, request: { readonly number?: number }) => Promise<unknown> {
  const going = new Map<string, number>();
  return async (address, method, { number = 0 }) => {
    const name = method.path.split('/').at(-1)!;
    calls.push(`${name} ${address}`);
    const failure = failures.get(`${name} ${address}`);
    if (failure !== undefined) throw failure;
    await meanwhile.get(`${name} ${address}`)?.();
    if (name === 'EndTraining') going.delete(address);
    if (name === 'BeginTraining') {
      const takenOver = number > 0 && going.get(address) === number;
      going.set(address, number);
      return { training: 1n, takenOver };
    }
    if (name === 'AwaitTraining' && progress.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      return { step: 'training', codebook: undefined, ...progress.shift()! };
    }
    return answers.get(method);
  };
}

/** A few turns of the loop, in which whatever waits for no clock comes to its end. */
export async function turns(): Promise<void> {
  for (let i = 0; i < 60; i += 1) await new Promise((resolve) => setImmediate(resolve));
}
