/** Seals every replica of a collection and gives back the log's space: what backups, measurements and careful people ask for. */
import type { Deadline } from '../../base/deadline.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { streamOf } from '../../cluster/keys.js';
import { directoriesOf, directoryStatesOf, placementsOf, replicasOf } from '../../cluster/shard-map/cluster-map.js';
import type { FlushResponse, ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { readyCopies } from '../directories.js';
import { shardStatistics } from '../documents/count.js';
import { readyAddresses } from '../documents/shards.js';
import type { ReadParts } from '../documents/read.js';
import type { Truncation } from '../placement/truncation.js';
import { subjectOf } from '../search/required.js';

type FlushParts = Pick<ReadParts, 'view' | 'peers'> & { readonly log: ChangeLog; readonly truncation: Truncation };

/**
 * Resolves when everything written so far is in sealed segments and the log is purged of it. What the directory still has to say about
 * it comes first, since that belongs to the shards' records.
 */
export async function flush(
  settings: CollectionSettings,
  parts: FlushParts,
  deadline: Deadline,
): Promise<FlushResponse> {
  const { uid } = settings;
  const { lastSequence: written } = await parts.log.state(streamOf(uid));
  await commitDirectories(uid, written, parts, deadline);
  for (const placement of placementsOf(parts.view.current(), uid)) await sealShard(placement, parts, deadline);
  await parts.view.when(
    (map) => {
      const states = directoriesOf(map, uid).flatMap((placement) => directoryStatesOf(map, placement));
      return states.every(({ committed }) => committed >= written) ? true : undefined;
    },
    'the directory to report what it committed',
    deadline,
  );
  await parts.truncation.follow(parts.view.current());
  const [counts, log] = await Promise.all([shardStatistics(settings, parts, deadline), parts.log.state(streamOf(uid))]);
  const diskBytes = counts.reduce((sum, each) => sum + each.diskBytes, BigInt(log.bytes));
  return { durable: written, diskBytes };
}

/** Every copy of every partition of the directory has committed `sequence`. */
async function commitDirectories(uid: string, sequence: bigint, parts: FlushParts, deadline: Deadline): Promise<void> {
  const map = parts.view.current();
  await Promise.all(
    directoriesOf(map, uid).flatMap((placement) =>
      readyCopies(map, placement).map((address) => {
        const request = { uid, partition: placement.partition, sequence, subjects: [] };
        return parts.peers.awaitCommitted(address, request, deadline);
      }),
    ),
  );
}

async function sealShard(placement: ShardPlacement, parts: FlushParts, deadline: Deadline): Promise<void> {
  const { uid, shard, generation } = placement;
  const subject = subjectOf(placement);
  const sequence = await parts.log.lastSequence(streamOf(uid), subject);
  let reached: bigint | null = null;
  for (const address of readyAddresses(parts.view, placement)) {
    // A replica that lags behind would seal less than was written.
    const request = { uid, shards: [{ shard, generation }], termIds: Buffer.alloc(0), filter: undefined };
    await parts.peers.statistics(address, { ...request, required: [{ subject, sequence }] }, deadline);
    const { durable } = await parts.peers.seal(address, { uid, ref: placement }, deadline);
    if (reached === null || durable < reached) reached = durable;
  }
  const least = reached ?? 0n;
  await parts.view.when(
    (map) => (replicasOf(map, placement).every(({ durable }) => durable >= least) ? true : undefined),
    'the replicas to report what they sealed',
    deadline,
  );
}
