/**
 * Which documents need not be written, since the collection has them in exactly this content.
 *
 * Only the directory knows, and only once it has committed what the log held when the documents arrived. It is given a moment; a
 * document that it does not answer for in time is written again, which costs space and nothing else.
 */
import type { Deadline } from '../../base/deadline.js';
import { uint64From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { streamOf } from '../../cluster/keys.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import { atPartition, byPartition, type PartitionGroup } from '../directories.js';
import type { Peers } from '../peers.js';

/** How long a write waits for the directory, unless told otherwise. */
const waitMs = 50;

export interface UnchangedParts {
  readonly view: ClusterView;
  readonly peers: Peers;
  readonly log: ChangeLog;
}

/** Documents by id, with their content hashes. */
export interface Contents {
  readonly uid: string;
  readonly ids: readonly string[];
  /** uint64[ids] */
  readonly hashes: BigUint64Array;
  /** How long the directory is given, milliseconds. */
  readonly patienceMs?: number;
}

export interface Unchanged {
  /** uint64[ids]: the docId of the equal version; 0 = write the document. */
  readonly docIds: BigUint64Array;
  /** A log position that shows every equal version with all its passages; 0 when there is none. */
  readonly sequence: bigint;
}

/** Which of `contents` the collection has already. */
export async function findUnchanged(contents: Contents, parts: UnchangedParts, deadline: Deadline): Promise<Unchanged> {
  const { uid, ids } = contents;
  const found = new BigUint64Array(ids.length);
  const nothing = { docIds: found, sequence: 0n };
  if (ids.length === 0) return nothing;
  const { lastSequence } = await parts.log.state(streamOf(uid));
  // Nothing was ever written, so nothing can be unchanged.
  if (lastSequence === 0n) return nothing;
  const limit = deadline.within(contents.patienceMs ?? waitMs);
  try {
    const ask = (group: PartitionGroup): Promise<void> => askPartition(group, contents, { asOf: lastSequence, found });
    await Promise.all(byPartition(parts.view.current(), uid, ids).map(ask));
  } finally {
    limit.close();
  }
  if (found.every((docId) => docId === 0n)) return nothing;
  // A passage may lie above its document, and above what the log held before the directory was asked.
  return { docIds: found, sequence: (await parts.log.state(streamOf(uid))).lastSequence };

  async function askPartition(
    { placement, positions }: PartitionGroup,
    { hashes }: Contents,
    answer: { readonly asOf: bigint; readonly found: BigUint64Array },
  ): Promise<void> {
    const contentHashes = Buffer.from(BigUint64Array.from(positions, (at) => hashes[at]!).buffer);
    const request = {
      uid,
      partition: placement.partition,
      ids: positions.map((at) => ids[at]!),
      contentHashes,
      asOf: answer.asOf,
    };
    try {
      const { docIds } = await atPartition(placement, parts.view, limit, (address) =>
        parts.peers.findUnchanged(address, request, limit),
      );
      const known = uint64From(docIds, 'docIds of unchanged documents');
      positions.forEach((at, i) => (answer.found[at] = known[i] ?? 0n));
    } catch (thrown) {
      // What the directory cannot say in time is written; only a caller that is gone ends the write.
      if (deadline.ended !== null) throw ShoalError.from(thrown);
    }
  }
}
