import assert from 'node:assert/strict';
import type { ChangeLog } from '../../../../cluster/change-log.js';
import { checkCount } from '../../../../coordinator/backup/check-count.js';
import { ShardStatistics } from '../../../../proto/generated/shoal/v1/shard.js';
import { deadlineOf, peersOf, servingMap, settings, viewOf } from '../fixtures.js';

/** Looks at two shards that count `documents` each, and whose log ends at `last`, for 6 that were imported up to 9. */
async function check(documents: bigint, last: bigint): Promise<void> {
  const counts = ShardStatistics.fromPartial({ documents });
  const peers = peersOf({ statistics: async () => ({ shards: [counts] }) });
  const state = { firstSequence: 10n, lastSequence: last, entries: 0, bytes: 0 };
  const log = { state: async () => state } as unknown as ChangeLog;
  await checkCount(
    settings(),
    { documents: 6n, sequence: 9n },
    { view: viewOf(servingMap(2)), peers, log },
    deadlineOf(),
  );
}

describe('the count of a restored collection', () => {
  it('is that of what was imported', () => check(3n, 9n));

  it('may be another where somebody wrote since', () => check(2n, 10n));

  it('tells of documents that are missing, or too many', async () => {
    for (const documents of [0n, 2n, 4n]) {
      const message = new RegExp(`^6 documents were imported and ${2n * documents} are there`);
      await assert.rejects(check(documents, 9n), { code: 'DATA_LOSS', message });
    }
  });
});
