/** A collection's shards as people look at them: size, segments, and how far each replica is. */
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { shardSubject, streamOf } from '../../cluster/keys.js';
import { placementsOf, replicaOf } from '../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import type { ReplicaInfo, ReplicaState, ShardInfo, ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { ShardStatistics } from '../../proto/generated/shoal/v1/shard.js';
import type { Peers } from '../peers.js';

export interface ShardInfoParts {
  readonly view: ClusterView;
  readonly peers: Peers;
  readonly log: ChangeLog;
}

/** Whether a replica is routed to. */
export function isReady(replica: ReplicaState): boolean {
  return replica.state === 'ready';
}

/** Every shard of the collection, ascending. A replica that does not answer is listed with what is known of it. */
export function shardInfos(
  settings: CollectionSettings,
  parts: ShardInfoParts,
  deadline: Deadline,
): Promise<readonly ShardInfo[]> {
  const placements = placementsOf(parts.view.current(), settings.uid);
  return Promise.all(placements.map((placement) => shardInfo(placement, parts, deadline)));
}

async function shardInfo(placement: ShardPlacement, parts: ShardInfoParts, deadline: Deadline): Promise<ShardInfo> {
  const subject = shardSubject(placement.uid, placement.generation, placement.shard);
  const last = await parts.log.lastSequence(streamOf(placement.uid), subject);
  const answers = await Promise.all(
    placement.nodes.map(async (node) => ({ node, counts: await countsAt(node, placement, parts, deadline) })),
  );
  const largest = answers.reduce<ShardStatistics | null>(
    (best, { counts }) => (counts !== null && (best === null || counts.applied > best.applied) ? counts : best),
    null,
  );
  return {
    shard: placement.shard,
    lists: placement.lists.length / 4,
    documents: largest?.documents ?? 0n,
    bytes: largest?.diskBytes ?? 0n,
    replicas: answers.map(({ node, counts }) => replicaInfo(node, placement, counts, { last, parts })),
    segments: largest?.segments ?? 0,
    tombstones: largest?.tombstones ?? 0n,
  };
}

function replicaInfo(
  node: string,
  placement: ShardPlacement,
  counts: ShardStatistics | null,
  known: { readonly last: bigint; readonly parts: ShardInfoParts },
): ReplicaInfo {
  const state = replicaOf(known.parts.view.current(), placement, node)?.state ?? 'away';
  const applied = counts?.applied ?? 0n;
  return {
    ...{ node, state, applied, lag: known.last > applied ? known.last - applied : 0n },
    structureVersion: counts?.structureVersion ?? 0,
    olderRows: counts?.olderRows ?? 0n,
  };
}

/** Null when the node cannot say: the list of shards is for looking at trouble, so trouble must not hide it. */
async function countsAt(
  node: string,
  { uid, shard, generation }: ShardPlacement,
  { view, peers }: ShardInfoParts,
  deadline: Deadline,
): Promise<ShardStatistics | null> {
  const address = view.current().nodes.get(node)?.address;
  if (address === undefined) return null;
  try {
    const answer = await peers.statistics(
      address,
      { uid, shards: [{ shard, generation }], termIds: Buffer.alloc(0), filter: undefined, required: [] },
      deadline,
    );
    const [counts] = answer.shards;
    return counts !== undefined && counts.status === 0 ? counts : null;
  } catch (thrown) {
    const { code } = ShoalError.from(thrown);
    if (code === 'UNAVAILABLE' || code === 'FAILED_PRECONDITION') return null;
    throw thrown;
  }
}
