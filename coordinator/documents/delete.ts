/** Deleting: every version of an id ends by a record in the log of the shard that holds it. */
import type { Deadline } from '../../base/deadline.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { shardSubject, streamOf } from '../../cluster/keys.js';
import { headerBytesOf } from '../../cluster/log/record-headers.js';
import { supersededRecord } from '../../cluster/log/records.js';
import { limits } from '../../base/limits.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { locate } from './located.js';
import type { ReadParts } from './read.js';

export interface Deleted {
  /** Ids that existed. */
  readonly count: number;
  /** Log position of the last record; 0 when nothing was deleted. */
  readonly sequence: bigint;
}

/** Deletes the documents named; an id that does not exist is no error and is not counted. */
export async function deleteDocuments(
  ids: readonly string[],
  settings: CollectionSettings,
  parts: ReadParts & { readonly log: ChangeLog },
  deadline: Deadline,
): Promise<Deleted> {
  const unique = [...new Set(ids)];
  const heard = parts.appenders.writtenUpTo(settings.uid);
  const places = await locate(unique, settings, { ...parts, deadline, heard });
  const byShard = new Map<number, { placement: ShardPlacement; ids: string[] }>();
  unique.forEach((id, i) => {
    const place = places[i];
    if (!place) return;
    const group = byShard.get(place.placement.shard) ?? { placement: place.placement, ids: [] };
    group.ids.push(id);
    byShard.set(place.placement.shard, group);
  });
  let sequence = 0n;
  let count = 0;
  for (const { placement, ids: present } of byShard.values()) {
    for (const some of recordsOf(present)) {
      const subject = shardSubject(placement.uid, placement.generation, placement.shard);
      const record = supersededRecord(some.map((id) => ({ id, docId: 0n })));
      sequence = await parts.log.append(streamOf(settings.uid), subject, record, deadline);
      count += some.length;
    }
  }
  parts.appenders.noteWritten(settings.uid, sequence);
  return { count, sequence };
}

/** `ids` in pieces whose headers fit into a record. */
function* recordsOf(ids: readonly string[]): Generator<readonly string[]> {
  let piece: string[] = [];
  let bytes = 256;
  for (const id of ids) {
    if (piece.length === limits.documentsPerRecordMax || bytes + headerBytesOf(id) > limits.recordHeaderBytesMax) {
      yield piece;
      piece = [];
      bytes = 256;
    }
    piece.push(id);
    bytes += headerBytesOf(id);
  }
  if (piece.length > 0) yield piece;
}
