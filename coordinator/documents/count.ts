/** How many documents there are, and how large the shards are. */
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { placementsOf } from '../../cluster/shard-map/cluster-map.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { SubjectMark } from '../../proto/generated/shoal/v1/directory.js';
import type { Filter } from '../../proto/generated/shoal/v1/filter.js';
import type { ListSizes, ShardStatistics } from '../../proto/generated/shoal/v1/shard.js';
import { marksFor, requiredFor } from '../search/required.js';
import type { ReadParts } from './read.js';
import { scrollDocuments } from './scroll.js';
import { onEveryShard, onOneReplica } from './shards.js';
import { visibleFilter } from './visible.js';

/** So often the shards are counted while writes go on. */
const roundsMax = 4;

/** So many documents may be read to count them. */
const readMax = 10_000n;

/** What one replica counts of its shard. */
export interface ShardSize {
  readonly documents: bigint;
  readonly diskBytes: bigint;
  /** Where they were asked for and are known. */
  readonly listSizes?: ListSizes | undefined;
}

type SizeParts = Pick<ReadParts, 'view' | 'peers'>;

/** What to count, and as of when. */
export interface CountOptions {
  /** CEL over attributes; '' = all. */
  readonly filter?: string;
  readonly minSequence?: bigint;
}

/**
 * Live documents of the collection, as of everything written through this coordinator and up to `minSequence`: exact while nobody
 * writes, exact under writes too for up to 10,000 documents, and otherwise off by no more than the documents that were written,
 * moved or deleted during the call.
 *
 * Shards are counted one by one, and a document on its way from one to another would count in both or in none. So they are counted again
 * up to what any of them had applied, until none has more than that: then all of them were counted at one position of the log. While
 * writes never rest, a small collection is read through the directory instead.
 */
export async function countDocuments(
  { filter: text = '', minSequence = 0n }: CountOptions,
  settings: CollectionSettings,
  parts: ReadParts,
  deadline: Deadline,
): Promise<bigint> {
  const filter = visibleFilter(text, settings, parts.clock.wallMs());
  const written = parts.appenders.writtenUpTo(settings.uid);
  let sequence = minSequence > written ? minSequence : written;
  for (let round = 1; ; round += 1) {
    const counts = await countsAt(sequence, filter, settings, { ...parts, deadline });
    const applied = counts.reduce((largest, count) => (count.applied > largest ? count.applied : largest), 0n);
    const sum = counts.reduce(
      (so, { documents, matching }) => so + (filter === null ? documents : (matching ?? 0n)),
      0n,
    );
    if (applied <= sequence) return sum;
    if (round === roundsMax) return sum > readMax ? sum : readAll({ text, sequence }, settings, parts, deadline);
    sequence = applied;
  }
}

/** The number of documents that a scroll meets. */
async function readAll(
  { text: filter, sequence: minSequence }: { readonly text: string; readonly sequence: bigint },
  settings: CollectionSettings,
  parts: ReadParts,
  deadline: Deadline,
): Promise<bigint> {
  const options = { batch: limits.documentsPerRecordMax, withVectors: false, filter, afterId: '', minSequence };
  let count = 0n;
  for await (const { length } of scrollDocuments(options, settings, parts, deadline)) count += BigInt(length);
  return count;
}

/** The counts of all shards, each of which has applied what the position needs. */
async function countsAt(
  sequence: bigint,
  filter: Filter | null,
  settings: CollectionSettings,
  { view, peers, deadline }: SizeParts & { readonly deadline: Deadline },
): Promise<readonly ShardStatistics[]> {
  const required = await requiredFor(settings.uid, sequence, { view, peers }, deadline);
  return onEveryShard(settings, view, deadline, (placement, address, share) =>
    statisticsAt(address, placement, { peers, filter, required: marksFor(placement, required) }, share),
  );
}

/** One replica's counts for every shard. */
export function shardStatistics(
  settings: CollectionSettings,
  { view, peers }: SizeParts,
  deadline: Deadline,
): Promise<readonly ShardSize[]> {
  return onEveryShard(settings, view, deadline, (placement, address, share) =>
    statisticsAt(address, placement, { peers, filter: null, required: [] }, share),
  );
}

/**
 * The same, with nothing for a shard that no replica can count now: looking at a collection must not wait until it is whole. With sizes of
 * lists where `listSizes`.
 */
export async function knownShardStatistics(
  settings: CollectionSettings,
  { view, peers }: SizeParts,
  deadline: Deadline,
  listSizes = false,
): Promise<readonly ShardSize[]> {
  const known = placementsOf(view.current(), settings.uid).map(async (placement) => {
    try {
      return [
        await onOneReplica(placement, view, deadline, (_, address, share) =>
          statisticsAt(address, placement, { peers, filter: null, required: [], listSizes }, share),
        ),
      ];
    } catch (thrown) {
      const error = ShoalError.from(thrown);
      if (error.code !== 'UNAVAILABLE') throw error;
      return [];
    }
  });
  return (await Promise.all(known)).flat();
}

async function statisticsAt(
  address: string,
  { uid, shard, generation }: ShardPlacement,
  how: {
    readonly peers: ReadParts['peers'];
    readonly filter: Filter | null;
    readonly required: SubjectMark[];
    readonly listSizes?: boolean;
  },
  deadline: Deadline,
): Promise<ShardStatistics> {
  const { peers, filter, required, listSizes } = how;
  const request = {
    uid,
    shards: [{ shard, generation }],
    termIds: Buffer.alloc(0),
    filter: filter ?? undefined,
    required,
    ...(listSizes === true ? { listSizes } : {}),
  };
  const [counts] = (await peers.statistics(address, request, deadline)).shards;
  if (counts === undefined || counts.status !== 0) throw new ShoalError('UNAVAILABLE', counts?.message ?? 'no answer');
  return counts;
}
