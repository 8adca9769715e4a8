/** Which nodes hold new shards and directory partitions: the emptiest ones, one copy each. Pure functions of the cluster map. */
import { bufferOf } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { epochOf, nodesOfKind, type ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import { NodeKind, type DirectoryPlacement, type ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { hashRangeOf } from '../directories.js';

/** The placements of shards 0 … n − 1 with the lists of each. FAILED_PRECONDITION when there are fewer shard nodes than replicas. */
export function placeShards(
  map: ClusterMap,
  settings: CollectionSettings,
  groups: readonly Uint32Array[],
): readonly ShardPlacement[] {
  const emptiest = spreader(map, settings, map.placements);
  const epoch = epochOf(map) + 1n;
  return groups.map((lists, shard) => {
    const nodes = emptiest();
    return {
      uid: settings.uid,
      shard,
      generation: 1n,
      epoch,
      nodes,
      stays: nodes.map(() => 0n),
      lists: bufferOf(lists),
    };
  });
}

/** The placements of `count` partitions of the collection's directory, each with as many copies as a shard has replicas. */
export function placeDirectory(
  map: ClusterMap,
  settings: CollectionSettings,
  count: number,
): readonly DirectoryPlacement[] {
  const emptiest = spreader(map, settings, map.directories);
  const epoch = epochOf(map) + 1n;
  return Array.from({ length: count }, (_, partition) => {
    const { first, last } = hashRangeOf(partition, count);
    return { uid: settings.uid, partition, hashFirst: first, hashLast: last, epoch, nodes: emptiest() };
  });
}

/** Each call gives the nodes that hold least of `placed` and of what earlier calls gave, by name where they are equally full. */
function spreader(
  map: ClusterMap,
  settings: CollectionSettings,
  placed: ReadonlyMap<string, ReadonlyMap<number, { readonly nodes: readonly string[] }>>,
): () => string[] {
  const nodes = nodesOfKind(map, NodeKind.NODE_KIND_SHARD).map(({ id }) => id);
  if (nodes.length < settings.replicas) {
    const what = `collection '${settings.name}' wants ${settings.replicas} replicas, ${nodes.length} shard nodes are up`;
    throw new ShoalError('FAILED_PRECONDITION', `${what}; start more nodes or ask for fewer replicas`);
  }
  const counts = new Map<string, number>();
  const count = (node: string): void => void counts.set(node, (counts.get(node) ?? 0) + 1);
  for (const parts of placed.values()) for (const part of parts.values()) part.nodes.forEach(count);
  return () => {
    const byLoad = [...nodes].sort((a, b) => (counts.get(a) ?? 0) - (counts.get(b) ?? 0) || (a < b ? -1 : 1));
    const chosen = byLoad.slice(0, settings.replicas);
    chosen.forEach(count);
    return chosen;
  };
}
