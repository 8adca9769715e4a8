/** The last look at a restored collection: its shards hold as many documents as were imported, unless somebody has written since. */
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { streamOf } from '../../cluster/keys.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { shardStatistics } from '../documents/count.js';
import type { BackupParts } from './parts.js';

/** What was imported, and the log position up to which that is everything. */
export interface Imported {
  readonly documents: bigint;
  readonly sequence: bigint;
}

/** DATA_LOSS where documents are missing, or too many. Those whose time has passed count until they are swept. */
export async function checkCount(
  settings: CollectionSettings,
  imported: Imported,
  { view, peers, log }: Pick<BackupParts, 'view' | 'peers' | 'log'>,
  deadline: Deadline,
): Promise<void> {
  const shards = await shardStatistics(settings, { view, peers }, deadline);
  const documents = shards.reduce((sum, shard) => sum + shard.documents, 0n);
  if (documents === imported.documents) return;
  // After the counting: what was written before it is in the log by now.
  const { lastSequence } = await log.state(streamOf(settings.uid));
  if (lastSequence > imported.sequence) return;
  const what = `${imported.documents} documents were imported and ${documents} are there`;
  throw new ShoalError('DATA_LOSS', `${what}; nothing was restored, try it again`);
}
