/** The copies of a directory partition on other nodes: what they have is taken over before anything is judged by what shards hold. */
import type { Deadline } from '../../../base/deadline.js';
import { ShoalError } from '../../../base/errors.js';
import { shardStream } from '../../../cluster/rpc/shard-stream.js';
import type { Connections } from '../../../cluster/rpc/transport.js';
import type { ClusterMap } from '../../../cluster/shard-map/cluster-map.js';
import type { DirectoryPlacement } from '../../../proto/generated/shoal/v1/cluster.js';
import type { ReadCopyRequest, ReadCopyResponse } from '../../../proto/generated/shoal/v1/directory.js';

/** A copy on another node, running or not. */
export interface OtherCopy {
  readonly node: string;
  /** Its node is named before this one in the placement. */
  readonly isBefore: boolean;
  /** A page of its state. UNAVAILABLE when it does not run, or has not opened its store yet. */
  read(at: Pick<ReadCopyRequest, 'state' | 'afterId' | 'verdictsFrom'>, deadline: Deadline): Promise<ReadCopyResponse>;
}

/** The copies that are placed on other nodes at present, in the order of the placement. */
export type OtherCopies = () => readonly OtherCopy[];

/** The copies of the partition of `placement` in the map that `map` gives at the time, but that of the node `self`. */
export function otherCopies(
  connections: Connections,
  map: () => ClusterMap,
  { uid, partition }: Pick<DirectoryPlacement, 'uid' | 'partition'>,
  self: string,
): OtherCopies {
  return () => {
    const nodes = map().directories.get(uid)?.get(partition)?.nodes ?? [];
    const own = nodes.indexOf(self);
    const others = nodes.map((node, i) => ({ node, isBefore: own < 0 || i < own })).filter(({ node }) => node !== self);
    return others.map((other) => ({
      ...other,
      read: async (at, deadline) => {
        const address = addressOf(map(), other.node);
        const answer = await connections
          .stream(address, shardStream)
          .call({ readCopy: { uid, partition, ...at } }, deadline);
        if (answer.readCopy !== undefined) return answer.readCopy;
        throw new ShoalError('INTERNAL', `${address} answered a request for a directory copy with something else`);
      },
    }));
  };
}

function addressOf({ nodes }: ClusterMap, node: string): string {
  const address = nodes.get(node)?.address;
  if (address !== undefined) return address;
  const what = `node '${node}', which has a copy of this directory partition as well, does not run`;
  throw new ShoalError('UNAVAILABLE', `${what}; start it, since what it has decided cannot be learned elsewhere`);
}
