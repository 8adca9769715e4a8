/** A delete ends every version of an id by a record in its shard's log. */
import assert from 'node:assert/strict';
import { limits } from '../../../../base/limits.js';
import type { ChangeLog, LogRecord } from '../../../../cluster/change-log.js';
import { changeOf, idsOf } from '../../../../cluster/log/records.js';
import { deleteDocuments, type Deleted } from '../../../../coordinator/documents/delete.js';
import type { ReadParts } from '../../../../coordinator/documents/read.js';
import type { Appenders } from '../../../../coordinator/ingest/appenders.js';
import { deadlineOf, longs, peersOf, servingMap, settings, viewOf } from '../fixtures.js';

interface Run extends Deleted {
  readonly records: readonly (LogRecord & { readonly subject: string })[];
  readonly noted: readonly bigint[];
}

/** Ids that begin with 0 or 1 are on that shard; others do not exist. */
async function run(ids: readonly string[]): Promise<Run> {
  const records: (LogRecord & { subject: string })[] = [];
  const noted: bigint[] = [];
  const peers = peersOf({
    lookup: async (_, request) => ({
      docIds: longs(...request.ids.map((id) => (id.startsWith(String(request.ref?.shard)) ? 5n : 0n))),
    }),
  });
  const log: Partial<ChangeLog> = {
    append: async (_, subject, record) => BigInt(records.push({ ...record, subject })) + 10n,
  };
  const appenders = { writtenUpTo: () => 0n, noteWritten: (_: string, sequence: bigint) => noted.push(sequence) };
  const parts: ReadParts & { log: ChangeLog } = {
    view: viewOf(servingMap(2)),
    peers,
    appenders: appenders as unknown as Appenders,
    log: log as ChangeLog,
  };
  const deleted = await deleteDocuments(ids, settings(), parts, deadlineOf());
  return { ...deleted, records, noted };
}

describe('deleting', () => {
  it('tells each shard of its ids, and counts those that existed once each', async () => {
    const { count, sequence, records, noted } = await run(['0a', '1b', 'x', '0c', '0a']);
    assert.deepEqual([count, sequence, noted], [3, 12n, [12n]]);
    assert.deepEqual(
      records.map((record) => [record.subject, idsOf(record)]),
      [
        ['shoal.u1.1.0', ['0a', '0c']],
        ['shoal.u1.1.1', ['1b']],
      ],
    );
  });

  it('ends versions up to the record’s own position', async () => {
    const { records } = await run(['0a']);
    const change = changeOf({ ...records[0]!, sequence: 7n, timeMs: 0 });
    assert.deepEqual(change, { operation: 'superseded', entries: [{ id: '0a', docId: 7n * 4_096n }] });
  });

  it('of unknown ids, or of none, writes nothing', async () => {
    for (const ids of [['x', ''], []]) {
      const { count, sequence, records } = await run(ids);
      assert.deepEqual([count, sequence, records.length], [0, 0n, 0]);
    }
  });

  it('fits many ids into records of bounded headers and numbers', async () => {
    const long = Array.from({ length: 400 }, (_, i) => `0${String(i).padStart(255, '-')}`);
    const { count, records } = await run(long);
    assert.equal(count, 400);
    assert.ok(records.length > 1);
    assert.deepEqual(records.flatMap(idsOf), long);
    for (const { headers } of records) {
      const bytes = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
      assert.ok(bytes <= limits.recordHeaderBytesMax);
    }
    const many = Array.from({ length: 5_000 }, (_, i) => `1${i}`);
    const sizes = (await run(many)).records.map((record) => idsOf(record).length);
    assert.ok(Math.max(...sizes) <= 4_096);
    assert.equal(
      sizes.reduce((sum, size) => sum + size),
      5_000,
    );
  });
});
