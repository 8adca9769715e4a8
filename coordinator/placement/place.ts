/** Which nodes hold a new shard: the emptiest ones, one replica each. A pure function of the cluster map. */
import { bufferOf } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { nodesOfKind, type ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import { NodeKind, type ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';

/** The placement of shard `shard` with list 0. FAILED_PRECONDITION when there are fewer shard nodes than replicas. */
export function placeShard(map: ClusterMap, settings: CollectionSettings, shard: number): ShardPlacement {
  const nodes = nodesOfKind(map, NodeKind.NODE_KIND_SHARD);
  if (nodes.length < settings.replicas) {
    const what = `collection '${settings.name}' wants ${settings.replicas} replicas, ${nodes.length} shard nodes are up`;
    throw new ShoalError('FAILED_PRECONDITION', `${what}; start more nodes or ask for fewer replicas`);
  }
  const shardsOf = shardCounts(map);
  const emptiest = [...nodes].sort(
    (a, b) => (shardsOf.get(a.id) ?? 0) - (shardsOf.get(b.id) ?? 0) || (a.id < b.id ? -1 : 1),
  );
  return {
    uid: settings.uid,
    shard,
    generation: 1n,
    epoch: largestEpoch(map) + 1n,
    nodes: emptiest.slice(0, settings.replicas).map(({ id }) => id),
    lists: bufferOf(Uint32Array.of(0)),
  };
}

function shardCounts(map: ClusterMap): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const shards of map.placements.values()) {
    for (const { nodes } of shards.values()) {
      for (const node of nodes) counts.set(node, (counts.get(node) ?? 0) + 1);
    }
  }
  return counts;
}

function largestEpoch(map: ClusterMap): bigint {
  let largest = 0n;
  for (const shards of map.placements.values()) {
    for (const { epoch } of shards.values()) if (epoch > largest) largest = epoch;
  }
  return largest;
}
