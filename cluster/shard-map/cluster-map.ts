/**
 * The cluster as one process knows it: an immutable picture of members, collections, placements and replicas.
 *
 * Pure: registry events in, a new picture out. `cluster-view.ts` keeps one up to date.
 */
import { Node, type NodeKind, ReplicaState, ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { ShoalError } from '../../base/errors.js';
import { keys } from '../keys.js';
import type { RegistryEvent } from '../registry.js';

export interface ClusterMap {
  /** Registry revision of the newest event in the picture. */
  readonly revision: bigint;
  readonly nodes: ReadonlyMap<string, Node>;
  /** Name → uid. */
  readonly uids: ReadonlyMap<string, string>;
  /** uid → settings. */
  readonly settings: ReadonlyMap<string, CollectionSettings>;
  /** uid → shard → placement. */
  readonly placements: ReadonlyMap<string, ReadonlyMap<number, ShardPlacement>>;
  /** `uid/shard/node` → state. */
  readonly replicas: ReadonlyMap<string, ReplicaState>;
}

export const emptyClusterMap: ClusterMap = {
  revision: 0n,
  nodes: new Map(),
  uids: new Map(),
  settings: new Map(),
  placements: new Map(),
  replicas: new Map(),
};

/** `map` after `events`; `map` itself is left as it was. */
export function applyEvents(map: ClusterMap, events: readonly RegistryEvent[]): ClusterMap {
  const draft = {
    revision: map.revision,
    nodes: new Map(map.nodes),
    uids: new Map(map.uids),
    settings: new Map(map.settings),
    placements: new Map([...map.placements].map(([uid, shards]) => [uid, new Map(shards)])),
    replicas: new Map(map.replicas),
  };
  for (const event of events) {
    const revision = event.kind === 'put' ? event.entry.revision : event.revision;
    if (revision > draft.revision) draft.revision = revision;
    const key = event.kind === 'put' ? event.entry.key : event.key;
    applyOne(draft, key, event.kind === 'put' ? event.entry.value : null);
  }
  return draft;
}

interface Draft {
  nodes: Map<string, Node>;
  uids: Map<string, string>;
  settings: Map<string, CollectionSettings>;
  placements: Map<string, Map<number, ShardPlacement>>;
  replicas: Map<string, ReplicaState>;
}

function applyOne(draft: Draft, key: string, value: Uint8Array | null): void {
  const rest = key.slice(key.indexOf('/') + 1);
  const family = key.slice(0, key.length - rest.length);
  if (family === keys.nodes) return assign(draft.nodes, rest, value && Node.decode(value));
  if (family === keys.collections) return assign(draft.uids, rest, value && Buffer.from(value).toString('utf8'));
  if (family === keys.settings) return assign(draft.settings, rest, value && CollectionSettings.decode(value));
  if (family === keys.replicas) return assign(draft.replicas, rest, value && ReplicaState.decode(value));
  if (family === keys.placements) {
    const [uid = '', shard = ''] = rest.split('/');
    const shards = draft.placements.get(uid) ?? new Map<number, ShardPlacement>();
    assign(shards, Number(shard), value && ShardPlacement.decode(value));
    assign(draft.placements, uid, shards.size === 0 ? null : shards);
  }
}

function assign<K, V>(target: Map<K, V>, key: K, value: V | null): void {
  if (value === null) target.delete(key);
  else target.set(key, value);
}

/** The settings of the collection named `name`; NOT_FOUND when there is none. */
export function collectionNamed(map: ClusterMap, name: string): CollectionSettings {
  const uid = map.uids.get(name);
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

/** What the nodes of `placement` say of their replicas; a node that says nothing is left out. */
export function replicasOf(map: ClusterMap, placement: ShardPlacement): readonly ReplicaState[] {
  return placement.nodes.flatMap((node) => map.replicas.get(`${placement.uid}/${placement.shard}/${node}`) ?? []);
}

/** Members of one kind, ascending by id. */
export function nodesOfKind(map: ClusterMap, kind: NodeKind): readonly Node[] {
  return [...map.nodes.values()].filter((node) => node.kind === kind).sort((a, b) => (a.id < b.id ? -1 : 1));
}
