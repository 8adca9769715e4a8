/** Asking the shards of a collection outside a search: one replica each, an error where no replica answers. */
import { ShoalError } from '../../base/errors.js';
import type { Deadline } from '../../base/deadline.js';
import { placementsOf, replicasOf } from '../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';

/** Addresses of the ready replicas of `placement`. */
export function readyAddresses(view: ClusterView, placement: ShardPlacement): readonly string[] {
  const map = view.current();
  return replicasOf(map, placement).flatMap(({ state, node }) => {
    const address = map.nodes.get(node)?.address;
    return state === 'ready' && address !== undefined ? [address] : [];
  });
}

/** What `ask` gives for every shard of the collection, ascending by shard; a failing replica is followed by the next one. */
export async function onEveryShard<T>(
  settings: CollectionSettings,
  view: ClusterView,
  deadline: Deadline,
  ask: (placement: ShardPlacement, address: string) => Promise<T>,
): Promise<readonly T[]> {
  return Promise.all(
    placementsOf(view.current(), settings.uid).map((placement) => onOneReplica(placement, view, deadline, ask)),
  );
}

/** What `ask` gives at the first replica of `placement` that answers. UNAVAILABLE when there is none. */
export async function onOneReplica<T>(
  placement: ShardPlacement,
  view: ClusterView,
  deadline: Deadline,
  ask: (placement: ShardPlacement, address: string) => Promise<T>,
): Promise<T> {
  let last: ShoalError | null = null;
  for (const address of readyAddresses(view, placement)) {
    deadline.check();
    try {
      return await ask(placement, address);
    } catch (thrown) {
      last = ShoalError.from(thrown);
      if (last.code === 'INVALID_ARGUMENT' || last.code === 'CANCELLED' || last.code === 'DEADLINE_EXCEEDED')
        throw last;
    }
  }
  const why = last === null ? 'it has no ready replica' : last.message;
  throw new ShoalError('UNAVAILABLE', `shard ${placement.shard} cannot be read: ${why}`, { cause: last });
}
