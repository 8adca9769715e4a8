/** The copies of a directory partition on other nodes: what they have decided has to be in the log before a lost one judges by it. */
import type { Deadline } from '../../base/deadline.js';
import type { MultiplexedMethod } from '../../cluster/rpc/channels.js';
import type { Connections } from '../../cluster/rpc/transport.js';
import { directoryStatesOf, type ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import type { DirectoryPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import { ShardService, type ShardRequest, type ShardResponse } from '../../proto/generated/shoal/v1/shard.js';

export interface OtherCopies {
  /** Resolves when every ready copy has everything in the log that records up to `sequence` cause. Rejects when one cannot say. */
  settled(sequence: bigint, deadline: Deadline): Promise<void>;
}

const shardStream: MultiplexedMethod<ShardRequest, ShardResponse> = {
  method: ShardService.stream,
  cancel: (seq) => ({ seq, deadlineMs: 0, cancel: {} }),
};

/** The copies of `placement` in the map that `map` gives at the time, but that of the node `self`. */
export function otherCopies(
  connections: Connections,
  map: () => ClusterMap,
  placement: DirectoryPlacement,
  self: string,
): OtherCopies {
  const { uid, partition } = placement;
  return {
    settled: async (sequence, deadline) => {
      const { nodes } = map();
      const ready = directoryStatesOf(map(), placement).filter(({ node, state }) => node !== self && state === 'ready');
      const addresses = ready.flatMap(({ node }) => nodes.get(node)?.address ?? []);
      const awaitCommitted = { uid, partition, sequence, subjects: [] };
      await Promise.all(
        addresses.map((address) => connections.stream(address, shardStream).call({ awaitCommitted }, deadline)),
      );
    },
  };
}
