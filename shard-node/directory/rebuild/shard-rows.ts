/** Asks the nodes of the cluster for the rows of a shard, for a directory that has to be built anew. */
import type { Deadline } from '../../../base/deadline.js';
import { ShoalError } from '../../../base/errors.js';
import { shardStream } from '../../../cluster/rpc/shard-stream.js';
import type { Connections } from '../../../cluster/rpc/transport.js';
import { addressesOfReady, replicasOf, type ClusterMap } from '../../../cluster/shard-map/cluster-map.js';
import type { ShardPlacement } from '../../../proto/generated/shoal/v1/cluster.js';
import { ListRowsRequest, type ListRowsResponse } from '../../../proto/generated/shoal/v1/shard.js';
import type { ShardRows } from './rebuild.js';

/** Rows from the first ready replica of each shard in the map that `map` gives at the time. */
export function shardRows(connections: Connections, map: () => ClusterMap): ShardRows {
  return {
    page: async (placement, { after, limit, required }, deadline) => {
      const { uid, shard, generation } = placement;
      const listRows = ListRowsRequest.fromPartial({
        uid,
        ref: { shard, generation },
        after,
        limit,
        required: [...required],
      });
      return await ask(connections, addressOf(map(), placement), listRows, deadline);
    },
  };
}

async function ask(
  connections: Connections,
  address: string,
  listRows: ListRowsRequest,
  deadline: Deadline,
): Promise<ListRowsResponse> {
  const answer = await connections.stream(address, shardStream).call({ listRows }, deadline);
  if (answer.listRows !== undefined) return answer.listRows;
  throw new ShoalError('INTERNAL', `${address} answered a request for rows with something else`);
}

/** Where the shard is by now: a rebuild may outlast a move. */
function addressOf(map: ClusterMap, { uid, shard }: ShardPlacement): string {
  const placement = map.placements.get(uid)?.get(shard);
  const [address] = placement === undefined ? [] : addressesOfReady(map, replicasOf(map, placement));
  if (address !== undefined) return address;
  const what = `shard ${shard} of collection ${uid}`;
  throw new ShoalError('UNAVAILABLE', `${what} has no ready replica that could say which documents it holds`);
}
