/** Seals every replica of a collection and gives back the log's space: what backups, measurements and careful people ask for. */
import type { Deadline } from '../../base/deadline.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { shardSubject, streamOf } from '../../cluster/keys.js';
import { placementsOf, replicasOf } from '../../cluster/shard-map/cluster-map.js';
import type { FlushResponse } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { readyAddresses } from '../documents/shards.js';
import { shardStatistics, type ReadParts } from '../documents/read.js';
import type { Truncation } from '../placement/truncation.js';

/** Resolves when everything written so far is in sealed segments and the log is purged of it. */
export async function flush(
  settings: CollectionSettings,
  parts: ReadParts & { readonly log: ChangeLog; readonly truncation: Truncation },
  deadline: Deadline,
): Promise<FlushResponse> {
  const { uid } = settings;
  let durable: bigint | null = null;
  for (const placement of placementsOf(parts.view.current(), uid)) {
    const subject = shardSubject(uid, placement.generation, placement.shard);
    const minSequence = await parts.log.lastSequence(streamOf(uid), subject);
    for (const address of readyAddresses(parts.view, placement)) {
      // A replica that lags behind would seal less than was written.
      await parts.peers.lookup(address, { uid, ref: placement, ids: [], minSequence }, deadline);
      const sealed = await parts.peers.seal(address, { uid, ref: placement }, deadline);
      if (durable === null || sealed.durable < durable) durable = sealed.durable;
    }
    const reached = durable ?? 0n;
    await parts.view.when(
      (map) => (replicasOf(map, placement).every((replica) => replica.durable >= reached) ? true : undefined),
      'the replicas to report what they sealed',
      deadline,
    );
  }
  await parts.truncation.follow(parts.view.current());
  const [counts, log] = await Promise.all([shardStatistics(settings, parts, deadline), parts.log.state(streamOf(uid))]);
  const diskBytes = counts.reduce((sum, each) => sum + each.diskBytes, BigInt(log.bytes));
  return { durable: durable ?? 0n, diskBytes };
}
