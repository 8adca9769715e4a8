/** Which documents a filter finds at this moment, shard by shard, for those who change or delete them. */
import { uint64From } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import { streamOf } from '../../cluster/keys.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { placementsOf } from '../../cluster/shard-map/cluster-map.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { Filter } from '../../proto/generated/shoal/v1/filter.js';
import { marksFor, requiredFor, type RequiredParts } from '../search/required.js';
import { onOneReplica } from './shards.js';

/** Rows of one page. */
const pageRows = 4_096;

/** A document that the filter found, in the version that it looked at. */
export interface MatchingRow {
  readonly id: string;
  readonly docId: bigint;
}

export interface MatchingParts extends RequiredParts {
  readonly log: ChangeLog;
}

/**
 * The documents that `filter` (null = all) lets through, in pages, as of everything that was in the log when it was called. A
 * document that is changed meanwhile may be left out, or be met in a version that is gone.
 */
export async function* matchingRows(
  filter: Filter | null,
  settings: CollectionSettings,
  parts: MatchingParts,
  deadline: Deadline,
): AsyncGenerator<readonly MatchingRow[]> {
  const { uid } = settings;
  const { lastSequence } = await parts.log.state(streamOf(uid));
  const required = await requiredFor(uid, lastSequence, parts, deadline);
  for (const placement of placementsOf(required.map, uid)) {
    let after = 0n;
    for (let isDone = false; !isDone;) {
      const { shard, generation } = placement;
      const request = {
        uid,
        ref: { shard, generation },
        after,
        limit: pageRows,
        filter: filter ?? undefined,
        required: marksFor(placement, required),
      };
      const answer = await onOneReplica(placement, parts.view, deadline, (_, address, share) =>
        parts.peers.listRows(address, request, share),
      );
      const docIds = uint64From(answer.docIds, 'docIds of rows');
      // A document with passages in several shards is met in each, and counts where its primary one is.
      const rows = answer.ids.flatMap((id, i) => (answer.primary[i] === 1 ? [{ id, docId: docIds[i]! }] : []));
      if (rows.length > 0) yield rows;
      after = docIds.at(-1) ?? after;
      isDone = answer.done;
    }
  }
}
