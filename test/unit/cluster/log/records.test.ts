/** A record carries its documents in the body and all that the directory needs in its headers. */
import assert from 'node:assert/strict';
import { limits } from '../../../../base/limits.js';
import type { LogEntry, LogRecord } from '../../../../cluster/change-log.js';
import {
  changeOf,
  contentHashesOf,
  docIdOf,
  headerBytesOf,
  idsOf,
  sequenceOf,
  supersededRecord,
  upsertRecord,
} from '../../../../cluster/log/records.js';
import { LogDocument } from '../../../../proto/generated/shoal/v1/log.js';

const ids = ['a', 'ü,/=', '', '検索', 'x'.repeat(256)];
const documents = ids.map((id) =>
  LogDocument.fromPartial({ id, text: `text of ${id}`, dense: Buffer.of(1, 2, 3, 4), terms: 3 }),
);
const hashes = BigUint64Array.from(ids, (_, i) => 2n ** 64n - 1n - BigInt(i));
const entry = (record: LogRecord, sequence = 7n): LogEntry => ({ ...record, sequence, subject: 's', timeMs: 0 });

describe('a docId', () => {
  it('names record and position, and grows with both', () => {
    assert.equal(docIdOf(1n, 0), 4_096n);
    assert.equal(docIdOf(3n, 4_095) + 1n, docIdOf(4n, 0));
    for (const position of [0, 1, 4_095])
      assert.equal(sequenceOf(docIdOf(123_456_789_012n, position)), 123_456_789_012n);
  });
});

describe('an upsert record', () => {
  const record = upsertRecord(documents, hashes, 5);

  it('gives back its documents, in order', () => {
    assert.deepEqual(changeOf(entry(record)), { operation: 'upsert', documents });
  });

  it('tells ids, hashes, operation and structure without its body', () => {
    const bare = { ...record, body: new Uint8Array(0) };
    assert.deepEqual(idsOf(bare), ids);
    assert.deepEqual(contentHashesOf(bare), hashes);
    assert.deepEqual([record.headers['Shoal-Operation'], record.headers['Shoal-Structure']], ['upsert', '5']);
  });

  it('has headers of text alone, as long as is reckoned for them', () => {
    const bytes = Object.values(record.headers).reduce((sum, value) => sum + value.length, 0);
    assert.ok(Object.values(record.headers).every((value) => /^[\x20-\x7e]*$/.test(value)));
    assert.ok(bytes <= ids.reduce((sum, id) => sum + headerBytesOf(id), 256));
  });

  it('of the largest allowed ids keeps some hundred documents below the header limit', () => {
    assert.ok(headerBytesOf('x'.repeat(limits.idBytesMax)) * 100 + 256 < limits.recordHeaderBytesMax);
  });
});

describe('a superseded record', () => {
  it('gives each entry its docId, the record’s own where none is named', () => {
    const record = supersededRecord([
      { id: 'a', docId: 99n },
      { id: 'b', docId: 0n },
    ]);
    assert.deepEqual(changeOf(entry(record, 2n)), {
      operation: 'superseded',
      entries: [
        { id: 'a', docId: 99n },
        { id: 'b', docId: 2n * 4_096n + 1n },
      ],
    });
    assert.deepEqual(idsOf(record), ['a', 'b']);
    assert.equal(contentHashesOf(record).length, 0);
  });
});

describe('a foreign record', () => {
  it('is DATA_LOSS with its place', () => {
    assert.throws(() => changeOf(entry({ headers: { 'Shoal-Operation': 'dance' }, body: new Uint8Array(0) })), {
      code: 'DATA_LOSS',
      message: "log record 7 of 's' has the unknown operation 'dance'",
    });
    assert.throws(() => changeOf(entry({ headers: {}, body: new Uint8Array(0) })), { code: 'DATA_LOSS' });
  });

  it('has no ids', () => assert.deepEqual(idsOf({ headers: {}, body: new Uint8Array(0) }), []));
});
