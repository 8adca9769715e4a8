import assert from 'node:assert/strict';
import {
  ArchivedRecordReader,
  changeUpTo,
  encodeArchivedRecord,
  entryOf,
} from '../../../../cluster/archive/archived-records.js';
import type { LogEntry } from '../../../../cluster/change-log.js';
import { docIdOf } from '../../../../cluster/log/doc-id.js';
import { supersededRecord, upsertRecord } from '../../../../cluster/log/records.js';
import { LogDocument } from '../../../../proto/generated/shoal/v1/log.js';

const subject = 'shoal.abc.1.0';
const documents = ['a', 'b'].map((id) => LogDocument.fromPartial({ id, text: id }));
const contentHashes = BigUint64Array.of(1n, 2n);

function upsertAt(sequence: bigint, as?: BigUint64Array): LogEntry {
  const record = upsertRecord(documents, { contentHashes, structure: 0, ...(as === undefined ? {} : { as }) });
  return { sequence, subject, timeMs: 5, ...record };
}

describe('records in a backup', () => {
  it('come back as the log had them, however the bytes are cut', () => {
    const entries = [upsertAt(3n), { ...upsertAt(4n), timeMs: 1_700_000_000_000 }];
    const bytes = Buffer.concat(entries.map(encodeArchivedRecord));
    for (const step of [1, 7, bytes.length]) {
      const reader = new ArchivedRecordReader();
      const read: LogEntry[] = [];
      for (let at = 0; at < bytes.length; at += step)
        read.push(...reader.add(bytes.subarray(at, at + step)).map(entryOf));
      reader.finish();
      assert.deepEqual(
        read.map((entry) => ({ ...entry, body: Buffer.from(entry.body) })),
        entries.map((entry) => ({ ...entry, body: Buffer.from(entry.body) })),
      );
    }
  });

  it('are damaged when the last is cut off, one is huge, or one is none', () => {
    const cut = new ArchivedRecordReader();
    cut.add(encodeArchivedRecord(upsertAt(3n)).subarray(0, -1));
    assert.throws(() => cut.finish(), { code: 'DATA_LOSS', message: /cut off/ });
    const huge = Buffer.from([0xff, 0xff, 0xff, 0xff]);
    assert.throws(() => new ArchivedRecordReader().add(huge), {
      code: 'DATA_LOSS',
      message: /one has 4294967295 bytes/,
    });
    const none = Buffer.from([2, 0, 0, 0, 0x0a, 0xff]);
    assert.throws(() => new ArchivedRecordReader().add(none), { code: 'DATA_LOSS', message: /no record/ });
  });

  it('above the instant of the backup count only for documents at or below it', () => {
    assert.equal(changeUpTo(upsertAt(8n), 7n), null);
    const own = changeUpTo(upsertAt(7n), 7n);
    assert.deepEqual(own?.operation === 'upsert' && [...own.docIds], [docIdOf(7n, 0), docIdOf(7n, 1)]);
    const mixed = changeUpTo(upsertAt(9n, BigUint64Array.of(docIdOf(8n, 0), docIdOf(6n, 1))), 7n);
    assert.ok(mixed?.operation === 'upsert');
    assert.deepEqual([[...mixed.docIds], mixed.documents.map(({ id }) => id)], [[docIdOf(6n, 1)], ['b']]);
  });

  it('say of ends of versions only those that the instant knew', () => {
    const entries = [
      { id: 'a', docId: docIdOf(7n, 3) },
      { id: 'b', docId: docIdOf(8n, 0) },
    ];
    const entry = { sequence: 9n, subject, timeMs: 5, ...supersededRecord(entries) };
    assert.deepEqual(changeUpTo(entry, 7n), { operation: 'superseded', entries: entries.slice(0, 1) });
    assert.equal(changeUpTo(entry, 6n), null);
  });
});
