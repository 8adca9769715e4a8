/** The records of one subject between what a replica's files cover and the end of a backup. */
import { ShoalError } from '../../base/errors.js';
import { changeUpTo, encodeArchivedRecord } from '../../cluster/archive/archived-records.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { streamOf } from '../../cluster/keys.js';

export interface TailRange {
  readonly uid: string;
  readonly subject: string;
  /** Records above it … */
  readonly after: bigint;
  /** … up to this one. */
  readonly upTo: bigint;
  /** Those that change nothing as of this log position are left out. */
  readonly cut: bigint;
}

/** The records as an archive has them, in log order. UNAVAILABLE when the log ends before, as when the collection is dropped. */
export async function* tailOf(range: TailRange, log: ChangeLog): AsyncGenerator<Uint8Array> {
  const { uid, subject, after, upTo, cut } = range;
  const last = await log.lastSequence(streamOf(uid), subject);
  if (last <= after) return;
  const consumer = log.consume(streamOf(uid), { subjects: [subject], after });
  try {
    for await (const entry of consumer) {
      if (entry.sequence > upTo) return;
      if (changeUpTo(entry, cut) !== null) yield encodeArchivedRecord(entry);
      if (entry.sequence >= last) return;
    }
  } finally {
    await consumer.close();
  }
  throw new ShoalError('UNAVAILABLE', `the log of the collection ended during the backup; was it dropped?`);
}
