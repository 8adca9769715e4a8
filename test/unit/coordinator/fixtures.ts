/** What the tests of the coordinator share: settings, pictures of a cluster, questions, candidates, columns, and fakes of its parts. */
import assert from 'node:assert/strict';
import { bufferOf } from '../../../base/bytes.js';
import { Deadline } from '../../../base/deadline.js';
import { createLogger } from '../../../base/logger.js';
import { emptyClusterMap, type ClusterMap } from '../../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../../cluster/shard-map/cluster-view.js';
import type { Registry, RegistryEntry } from '../../../cluster/registry.js';
import { byPartition, hashRangeOf } from '../../../coordinator/directories.js';
import type { Encoders } from '../../../coordinator/encoders.js';
import type { Peers } from '../../../coordinator/peers.js';
import type { FanOutParts } from '../../../coordinator/search/fan-out.js';
import type { RankedCandidate } from '../../../coordinator/search/fuse.js';
import type { Candidate } from '../../../coordinator/search/merge.js';
import type { Question } from '../../../coordinator/search/question.js';
import type { Required } from '../../../coordinator/search/required.js';
import type { Plan } from '../../../coordinator/search/route.js';
import type { Scattered } from '../../../coordinator/search/scatter.js';
import type { WireQuestion } from '../../../coordinator/search/wire-question.js';
import {
  DirectoryPlacement,
  DirectoryState,
  Node,
  NodeKind,
  ReplicaState,
  ShardPlacement,
} from '../../../proto/generated/shoal/v1/cluster.js';
import { CollectionSettings } from '../../../proto/generated/shoal/v1/collections.js';
import type { Candidates } from '../../../proto/generated/shoal/v1/shard.js';
import { FakeClock } from '../../fake-clock.js';

export const uid = 'u1';
export const silent = createLogger('test', 'silent');

export function settings(changes: Partial<CollectionSettings> = {}): CollectionSettings {
  return CollectionSettings.fromPartial({
    name: 'notes',
    uid,
    model: 'toy',
    modelDigest: 'd',
    dim: 2,
    tokenDim: 2,
    shards: 1,
    replicas: 1,
    sparseWeighting: 'bm25',
    bm25AverageLength: 10,
    ...changes,
  });
}

/** A collection whose vectors all come from its users. */
export function bareSettings(changes: Partial<CollectionSettings> = {}): CollectionSettings {
  return settings({ model: 'none', modelDigest: '', tokenDim: 0, sparseWeighting: 'learned', ...changes });
}

export function placement(shard: number, nodes: readonly string[], lists: readonly number[] = [shard]): ShardPlacement {
  const column = bufferOf(Uint32Array.from(lists));
  return ShardPlacement.fromPartial({ uid, shard, generation: 1n, epoch: 1n, nodes: [...nodes], lists: column });
}

export function shardNode(id: string): Node {
  return Node.fromPartial({ id, kind: NodeKind.NODE_KIND_SHARD, address: `${id}:1` });
}

export function encoderNode(id: string, changes: Partial<Node> = {}): Node {
  const kind = NodeKind.NODE_KIND_ENCODER;
  return Node.fromPartial({ id, kind, address: `${id}:1`, model: 'toy', modelDigest: 'd', ...changes });
}

export function replica(shard: number, node: string, changes: Partial<ReplicaState> = {}): ReplicaState {
  return ReplicaState.fromPartial({ uid, shard, node, state: 'ready', generation: 1n, ...changes });
}

/** Partition `number` of `count` equal ranges of hashes. */
export function partition(number: number, nodes: readonly string[], count = 1): DirectoryPlacement {
  const { first, last } = hashRangeOf(number, count);
  return DirectoryPlacement.fromPartial({
    uid,
    partition: number,
    hashFirst: first,
    hashLast: last,
    epoch: 1n,
    nodes: [...nodes],
  });
}

export function directoryState(number: number, node: string, changes: Partial<DirectoryState> = {}): DirectoryState {
  return DirectoryState.fromPartial({ uid, partition: number, node, state: 'ready', ...changes });
}

export interface Picture {
  readonly collections?: readonly CollectionSettings[];
  readonly nodes?: readonly Node[];
  readonly placements?: readonly ShardPlacement[];
  readonly replicas?: readonly ReplicaState[];
  readonly directories?: readonly DirectoryPlacement[];
  readonly directoryStates?: readonly DirectoryState[];
}

export function mapOf(picture: Picture): ClusterMap {
  const {
    collections = [],
    nodes = [],
    placements = [],
    replicas = [],
    directories = [],
    directoryStates = [],
  } = picture;
  return {
    ...emptyClusterMap,
    nodes: new Map(nodes.map((node) => [node.id, node])),
    uids: new Map(collections.map((each) => [each.name, each.uid])),
    settings: new Map(collections.map((each) => [each.uid, each])),
    placements: byUid(placements, ({ shard }) => shard),
    replicas: new Map(replicas.map((each) => [`${each.uid}/${each.shard}/${each.node}`, each])),
    directories: byUid(directories, (each) => each.partition),
    directoryStates: new Map(directoryStates.map((each) => [`${each.uid}/${each.partition}/${each.node}`, each])),
  };
}

function byUid<T extends { readonly uid: string }>(
  all: readonly T[],
  numberOf: (of: T) => number,
): Map<string, Map<number, T>> {
  const parts = new Map<string, Map<number, T>>();
  for (const each of all) {
    parts.set(each.uid, (parts.get(each.uid) ?? new Map<number, T>()).set(numberOf(each), each));
  }
  return parts;
}

/** Shards 0 to `shards` − 1, and as many partitions of the directory as `partitions` says, each ready on node-0. */
export function servingMap(shards: number, partitions = 1): ClusterMap {
  const all = Array.from({ length: shards }, (_, shard) => shard);
  const ranges = Array.from({ length: partitions }, (_, number) => number);
  return mapOf({
    collections: [settings()],
    nodes: [shardNode('node-0')],
    placements: all.map((shard) => placement(shard, ['node-0'])),
    replicas: all.map((shard) => replica(shard, 'node-0')),
    directories: ranges.map((number) => partition(number, ['node-0'], partitions)),
    directoryStates: ranges.map((number) => directoryState(number, 'node-0')),
  });
}

export function viewOf(map: ClusterMap): ClusterView {
  return { current: () => map } as unknown as ClusterView;
}

export function fanOutOf(map: ClusterMap): FanOutParts {
  return { map: () => map, loadOf: () => 0 };
}

export function planOf(map: ClusterMap): Plan {
  const placements = [...(map.placements.get(uid)?.values() ?? [])];
  const shards = placements.map((each) => ({
    placement: each,
    lists: Uint32Array.of(each.shard),
    dense: true,
    sparse: true,
  }));
  const lists = placements.map(({ shard }) => shard);
  const versions = { structureVersion: 0, parametersVersion: 2 };
  return { shards, lists, listsTotal: lists.length, ...versions, shardsTotal: shards.length, placements };
}

/** Nothing was required, and every shard of `map` answered that it found nothing. */
export function foundBy(
  map: ClusterMap,
  changes: Partial<Scattered> = {},
): { readonly scans: Scattered; readonly required: Required } {
  const plan = planOf(map);
  const scans = { plan, answers: [], nodes: new Map(), missing: new Map(), listsMissing: [], ...changes };
  return { scans, required: { map, marks: new Map(), unknown: null } };
}

/** Only the calls that a test gives answer; any other one fails the test. */
export function peersOf(calls: Partial<Peers>): Peers {
  return calls as Peers;
}

export function encodersOf(calls: Partial<Encoders>): Encoders {
  return calls as Encoders;
}

/** A registry of what the test puts in; conditions hold by revision, as in the real one. */
export function registryOf(entries: Map<string, RegistryEntry>): Registry {
  const counter = { revision: 100n, leases: 0 };
  const leased = new Map<string, string>();
  const calls: Partial<Registry> = {
    get: async (key) => entries.get(key) ?? null,
    list: async (prefix) => [...entries.values()].filter(({ key }) => key.startsWith(prefix)),
    lease: async () => {
      counter.leases += 1;
      const id = `lease-${counter.leases}`;
      const revoke = async (): Promise<void> => {
        for (const [key, lease] of leased) if (lease === id) (leased.delete(key), entries.delete(key));
      };
      return { id, lost: new AbortController().signal, revoke };
    },
    transact: async (conditions, writes) => {
      if (conditions.some(({ key, revision }) => (entries.get(key)?.revision ?? 0n) !== revision)) return null;
      counter.revision += 1n;
      for (const write of writes) {
        leased.delete(write.key);
        if (write.operation === 'put' && write.lease !== undefined) leased.set(write.key, write.lease.id);
        if (write.operation === 'delete') entries.delete(write.key);
        else entries.set(write.key, { key: write.key, value: write.value, revision: counter.revision });
      }
      return counter.revision;
    },
  };
  return calls as Registry;
}

/** The partition of the directory that holds `id`. */
export function partitionOf(map: ClusterMap, collection: string, id: string): DirectoryPlacement {
  return byPartition(map, collection, [id])[0]!.placement;
}

export function deadlineOf(ms = 1_000, clock = new FakeClock()): Deadline {
  return Deadline.after(clock, ms);
}

export function question(changes: Partial<Question> = {}): Question {
  return {
    settings: settings(),
    text: 'words',
    vector: null,
    like: null,
    k: 10,
    offset: 0,
    dense: true,
    sparse: true,
    multi: true,
    multiOnly: false,
    sparseSearch: true,
    candidates: 100,
    nprobe: 0,
    exact: false,
    filter: null,
    isNarrowed: false,
    weights: { dense: 1, sparse: 0.1, multi: 1 },
    rrf: false,
    scoreThreshold: null,
    explain: false,
    minSequence: 0n,
    requireFull: false,
    ...changes,
  };
}

export function wire(changes: Partial<WireQuestion> = {}): WireQuestion {
  return { dense: floats(1, 0), sparse: undefined, tokens: Buffer.alloc(0), tokenCount: 0, ...changes };
}

/** A candidate whose id is of its own, unless `idHash` says otherwise. */
export function candidate(docId: bigint, changes: Partial<Candidate> = {}): Candidate {
  return { docId, idHash: docId + 1_000n, shard: 0, passage: 0, dense: NaN, sparse: NaN, multi: NaN, ...changes };
}

export function ranked(docId: bigint, score: number, shard = 0): RankedCandidate {
  return { ...candidate(docId, { shard }), score };
}

export function floats(...values: number[]): Buffer {
  return bufferOf(Float32Array.from(values));
}

export function words(...values: number[]): Buffer {
  return bufferOf(Uint32Array.from(values));
}

export function longs(...values: bigint[]): Buffer {
  return bufferOf(BigUint64Array.from(values));
}

/** Columns of rows [docId, idHash, score]. */
export function columns(...rows: readonly (readonly [bigint, bigint, number])[]): Candidates {
  return {
    docIds: longs(...rows.map(([docId]) => docId)),
    idHashes: longs(...rows.map(([, idHash]) => idHash)),
    scores: floats(...rows.map(([, , score]) => score)),
    passages: Buffer.alloc(0),
  };
}

/** Fails unless the numbers agree to seven digits. */
export function close(actual: number | undefined, expected: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-7, `${actual} is not ${expected}`);
}
