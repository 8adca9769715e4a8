/**
 * The cluster as one process knows it: an immutable picture of members, collections, placements and replicas.
 *
 * Pure: registry events in, a new picture out. `cluster-view.ts` keeps one up to date.
 */
import {
  DirectoryPlacement,
  DirectoryState,
  Node,
  type NodeKind,
  ReplicaState,
  ShardPlacement,
} from '../../proto/generated/shoal/v1/cluster.js';
import { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { TrainingRecord, TrainingState } from '../../proto/generated/shoal/v1/training.js';
import { ShoalError } from '../../base/errors.js';
import { keys, positionIn } from '../keys.js';
import type { RegistryEvent } from '../registry.js';

export interface ClusterMap {
  /** Registry revision of the newest event in the picture. */
  readonly revision: bigint;
  readonly nodes: ReadonlyMap<string, Node>;
  /** Name → uid. */
  readonly uids: ReadonlyMap<string, string>;
  /** Alias → the name of a collection or of another alias. */
  readonly aliases: ReadonlyMap<string, string>;
  /** uid → settings. */
  readonly settings: ReadonlyMap<string, CollectionSettings>;
  /** uid → shard → placement. */
  readonly placements: ReadonlyMap<string, ReadonlyMap<number, ShardPlacement>>;
  /** `uid/shard/node` → state. */
  readonly replicas: ReadonlyMap<string, ReplicaState>;
  /** uid → partition → placement. */
  readonly directories: ReadonlyMap<string, ReadonlyMap<number, DirectoryPlacement>>;
  /** `uid/partition/node` → state. */
  readonly directoryStates: ReadonlyMap<string, DirectoryState>;
  /** `uid/name` → the position above which nothing is purged. */
  readonly holds: ReadonlyMap<string, bigint>;
  /** uid → the latest training. */
  readonly trainingRecords: ReadonlyMap<string, TrainingRecord>;
  /** uid → what the latest training does; only while a coordinator sees to it. */
  readonly trainingStates: ReadonlyMap<string, TrainingState>;
}

export const emptyClusterMap: ClusterMap = {
  revision: 0n,
  nodes: new Map(),
  uids: new Map(),
  aliases: new Map(),
  settings: new Map(),
  placements: new Map(),
  replicas: new Map(),
  directories: new Map(),
  directoryStates: new Map(),
  holds: new Map(),
  trainingRecords: new Map(),
  trainingStates: new Map(),
};

/** `map` after `events`; `map` itself is left as it was, and what no event concerns is shared with it. */
export function applyEvents(map: ClusterMap, events: readonly RegistryEvent[]): ClusterMap {
  const draft: Draft = { ...map };
  const copies = new Set<unknown>();
  // A report of one replica must not cost what the whole cluster does, nor the first picture a copy for each of its keys.
  const own: Own = <K, V>(parts: ReadonlyMap<K, V>): Map<K, V> => {
    if (copies.has(parts)) return parts as Map<K, V>;
    const copy = new Map(parts);
    copies.add(copy);
    return copy;
  };
  for (const event of events) {
    const revision = event.kind === 'put' ? event.entry.revision : event.revision;
    if (revision > draft.revision) draft.revision = revision;
    const key = event.kind === 'put' ? event.entry.key : event.key;
    applyOne(draft, key, event.kind === 'put' ? event.entry.value : null, own);
  }
  return draft;
}

type Draft = { -readonly [Part in keyof ClusterMap]: ClusterMap[Part] };

/** A copy of the parts that may be changed, made once. */
type Own = <K, V>(parts: ReadonlyMap<K, V>) => Map<K, V>;

function applyOne(draft: Draft, key: string, value: Uint8Array | null, own: Own): void {
  const rest = key.slice(key.indexOf('/') + 1);
  const set = <V>(parts: ReadonlyMap<string, V>, changed: V | null): Map<string, V> =>
    assigned(own(parts), rest, changed);
  switch (key.slice(0, key.length - rest.length)) {
    case keys.nodes:
      draft.nodes = set(draft.nodes, value && Node.decode(value));
      return;
    case keys.collections:
      draft.uids = set(draft.uids, value && Buffer.from(value).toString('utf8'));
      return;
    case keys.settings:
      draft.settings = set(draft.settings, value && CollectionSettings.decode(value));
      return;
    case keys.replicas:
      draft.replicas = set(draft.replicas, value && ReplicaState.decode(value));
      return;
    case keys.aliases:
      draft.aliases = set(draft.aliases, value && Buffer.from(value).toString('utf8'));
      return;
    case keys.directoryStates:
      draft.directoryStates = set(draft.directoryStates, value && DirectoryState.decode(value));
      return;
    case keys.holds:
      draft.holds = set(draft.holds, value && positionIn(value));
      return;
    case keys.trainingRecords:
      draft.trainingRecords = set(draft.trainingRecords, value && TrainingRecord.decode(value));
      return;
    case keys.trainingStates:
      draft.trainingStates = set(draft.trainingStates, value && TrainingState.decode(value));
      return;
    case keys.placements:
      draft.placements = withPart(draft.placements, rest, value && ShardPlacement.decode(value), own);
      return;
    case keys.directories:
      draft.directories = withPart(draft.directories, rest, value && DirectoryPlacement.decode(value), own);
  }
}

/** `name` is `uid/number`. */
function withPart<V>(
  collections: ReadonlyMap<string, ReadonlyMap<number, V>>,
  name: string,
  value: V | null,
  own: Own,
): Map<string, ReadonlyMap<number, V>> {
  const [uid = '', part = ''] = name.split('/');
  const parts = assigned(own(collections.get(uid) ?? new Map<number, V>()), Number(part), value);
  return assigned(own(collections), uid, parts.size === 0 ? null : parts);
}

function assigned<K, V>(target: Map<K, V>, key: K, value: V | null): Map<K, V> {
  if (value === null) target.delete(key);
  else target.set(key, value);
  return target;
}

/** The name at the end of the aliases that `name` begins; itself when it is no alias. A cycle ends where it closes. */
export function resolveAlias(map: Pick<ClusterMap, 'aliases'>, name: string): string {
  const seen = new Set<string>();
  let end = name;
  for (let target = map.aliases.get(end); target !== undefined && !seen.has(end); target = map.aliases.get(end)) {
    seen.add(end);
    end = target;
  }
  return end;
}

/** The settings of the collection that `name` or the alias `name` means; NOT_FOUND when there is none. */
export function collectionNamed(map: ClusterMap, name: string): CollectionSettings {
  const uid = map.uids.get(resolveAlias(map, name));
  const settings = uid === undefined ? undefined : map.settings.get(uid);
  if (settings === undefined) {
    throw new ShoalError('NOT_FOUND', `collection '${name}' does not exist; create it or list those that do`);
  }
  return settings;
}

/** The placements of a collection's shards, ascending by shard. */
export function placementsOf(map: ClusterMap, uid: string): readonly ShardPlacement[] {
  return [...(map.placements.get(uid)?.values() ?? [])].sort((a, b) => a.shard - b.shard);
}

/** Since when the node has its replica: the epoch, 0 since the collection was made; null when it has none. */
export function stayOf({ nodes, stays }: Pick<ShardPlacement, 'nodes' | 'stays'>, node: string): bigint | null {
  const at = nodes.indexOf(node);
  return at === -1 ? null : (stays[at] ?? 0n);
}

/** What `node` says of its replica of `placement`; undefined when it says nothing of the one that it has by now. */
export function replicaOf(map: ClusterMap, placement: ShardPlacement, node: string): ReplicaState | undefined {
  const state = map.replicas.get(`${placement.uid}/${placement.shard}/${node}`);
  return state?.stay === stayOf(placement, node) ? state : undefined;
}

/** What the nodes of `placement` say of their replicas; a node that says nothing is left out. */
export function replicasOf(map: ClusterMap, placement: ShardPlacement): readonly ReplicaState[] {
  return placement.nodes.flatMap((node) => replicaOf(map, placement, node) ?? []);
}

/** Members of one kind, ascending by id. */
export function nodesOfKind(map: ClusterMap, kind: NodeKind): readonly Node[] {
  return [...map.nodes.values()].filter((node) => node.kind === kind).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The partitions of a collection's directory, ascending. */
export function directoriesOf(map: ClusterMap, uid: string): readonly DirectoryPlacement[] {
  return [...(map.directories.get(uid)?.values() ?? [])].sort((a, b) => a.partition - b.partition);
}

/** What the nodes of `placement` say of their copies of the partition. */
export function directoryStatesOf(map: ClusterMap, placement: DirectoryPlacement): readonly DirectoryState[] {
  return placement.nodes.flatMap(
    (node) => map.directoryStates.get(`${placement.uid}/${placement.partition}/${node}`) ?? [],
  );
}

/** Largest epoch of any placement; 0 before the first. */
export function epochOf(map: ClusterMap): bigint {
  let largest = 0n;
  for (const parts of [...map.placements.values(), ...map.directories.values()]) {
    for (const { epoch } of parts.values()) if (epoch > largest) largest = epoch;
  }
  return largest;
}

/** Addresses of the nodes whose `states` say that they are ready, in that order. */
export function addressesOfReady(
  map: Pick<ClusterMap, 'nodes'>,
  states: readonly { readonly state: string; readonly node: string }[],
): readonly string[] {
  return states.flatMap(({ state, node }) => {
    const address = map.nodes.get(node)?.address;
    return state === 'ready' && address !== undefined ? [address] : [];
  });
}
