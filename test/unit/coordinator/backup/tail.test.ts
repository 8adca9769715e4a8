import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { ArchivedRecordReader } from '../../../../cluster/archive/archived-records.js';
import { openEmbedded } from '../../../../cluster/embedded/open.js';
import { docIdOf } from '../../../../cluster/log/doc-id.js';
import { supersededRecord, upsertRecord } from '../../../../cluster/log/records.js';
import type { ChangeLog } from '../../../../cluster/change-log.js';
import { tailOf, type TailRange } from '../../../../coordinator/backup/tail.js';
import { LogDocument } from '../../../../proto/generated/shoal/v1/log.js';
import { inFolder } from '../../../temporary-folder.js';
import { deadlineOf, silent } from '../fixtures.js';

const subject = 'shoal.u1.1.0';

/** Records 1 to 6: upserts of `a` … `c` at 1, 3 and 5, each followed by one of another shard; 7 ends what is below 3, 8 what is below 6. */
async function withLog(work: (log: ChangeLog) => Promise<void>): Promise<void> {
  await inFolder(async (directory) => {
    const embedded = await openEmbedded({ directory, clock: systemClock, logger: silent });
    try {
      const { log } = embedded;
      await log.createStream('u1', 1n);
      for (const id of ['a', 'b', 'c']) {
        const record = upsertRecord([LogDocument.fromPartial({ id })], {
          contentHashes: BigUint64Array.of(1n),
          structure: 0,
        });
        await log.append('u1', subject, record, deadlineOf());
        await log.append('u1', 'shoal.u1.1.1', record, deadlineOf());
      }
      for (const sequence of [3n, 6n])
        await log.append('u1', subject, supersededRecord([{ id: 'x', docId: docIdOf(sequence, 0) }]), deadlineOf());
      await work(log);
    } finally {
      await embedded.close();
    }
  });
}

async function sequences(log: ChangeLog, range: Partial<TailRange>): Promise<number[]> {
  const reader = new ArchivedRecordReader();
  const found: number[] = [];
  for await (const bytes of tailOf({ uid: 'u1', subject, after: 0n, upTo: 8n, cut: 8n, ...range }, log))
    found.push(...reader.add(bytes).map(({ sequence }) => Number(sequence)));
  return found;
}

describe('the tail of a subject', () => {
  it('is what lies between the marks and the end', () =>
    withLog(async (log) => {
      assert.deepEqual(await sequences(log, {}), [1, 3, 5, 7, 8]);
      assert.deepEqual(await sequences(log, { after: 3n }), [5, 7, 8]);
      assert.deepEqual(await sequences(log, { upTo: 6n }), [1, 3, 5]);
      assert.deepEqual(await sequences(log, { after: 8n }), []);
      assert.deepEqual(await sequences(log, { subject: 'shoal.u1.1.9' }), []);
    }));

  it('leaves out what the instant of the backup did not know', () =>
    withLog(async (log) => assert.deepEqual(await sequences(log, { cut: 4n }), [1, 3, 7])));

  it('ends with an error when the log ends before it', () =>
    withLog(async (log) => {
      const dropped = { ...bound(log), consume: () => endless() } as unknown as ChangeLog;
      await assert.rejects(sequences(dropped, {}), { code: 'UNAVAILABLE', message: /was it dropped/ });
    }));
});

function bound(log: ChangeLog): Pick<ChangeLog, 'lastSequence'> {
  return { lastSequence: (stream, name) => log.lastSequence(stream, name) };
}

/** A consumer of a stream that has gone. */
function endless(): unknown {
  return { close: async () => undefined, async *[Symbol.asyncIterator]() {} };
}
