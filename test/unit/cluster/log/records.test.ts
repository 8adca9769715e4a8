/** A record carries its documents in the body and all that the directory needs in its headers. */
import assert from 'node:assert/strict';
import { limits } from '../../../../base/limits.js';
import type { LogEntry, LogRecord } from '../../../../cluster/change-log.js';
import { encodeDocument } from '../../../../cluster/log/encoded-document.js';
import { docIdOf } from '../../../../cluster/log/doc-id.js';
import { condition, headerBytesOf, headersOf, idsOf } from '../../../../cluster/log/record-headers.js';
import {
  changeOf,
  deleteRecord,
  documentsOf,
  encodedUpsertRecord,
  supersededRecord,
  upsertRecord,
  writeRecord,
} from '../../../../cluster/log/records.js';
import { LogDocument } from '../../../../proto/generated/shoal/v1/log.js';

const ids = ['a', 'ü,/=', '', '検索', 'x'.repeat(256)];
const documents = ids.map((id) =>
  LogDocument.fromPartial({ id, text: `text of ${id}`, dense: Buffer.of(1, 2, 3, 4), terms: 3 }),
);
const hashes = BigUint64Array.from(ids, (_, i) => 2n ** 64n - 1n - BigInt(i));
const entry = (record: LogRecord, sequence = 7n): LogEntry => ({ ...record, sequence, subject: 's', timeMs: 0 });

describe('an upsert record', () => {
  const record = upsertRecord(documents, { contentHashes: hashes, structure: 5, epoch: 11n });

  it('gives back its documents, in order', () => {
    const docIds = BigUint64Array.from(ids, (_, position) => docIdOf(7n, position));
    const expected = { operation: 'upsert', documents, docIds, contentHashes: hashes, structure: 5, places: new Map() };
    assert.deepEqual(changeOf(entry(record)), expected);
  });

  it('is the same record when its documents are encoded already', () => {
    const large = LogDocument.fromPartial({ id: 'large', text: 'x'.repeat(40_000), dense: Buffer.alloc(20_000, 1) });
    const bare = LogDocument.fromPartial({ id: 'bare' });
    for (const some of [documents, [...documents, large, bare], [large]]) {
      const context = { contentHashes: new BigUint64Array(some.length), structure: 5, epoch: 11n };
      const joined = encodedUpsertRecord(
        some.map((each) => encodeDocument(each)),
        context,
      );
      const plain = upsertRecord(some, context);
      assert.deepEqual(joined.headers, plain.headers);
      assert.equal(joined.body.length, plain.body.length);
      assert.deepEqual(changeOf(entry(joined)), changeOf(entry(plain)));
    }
  });

  it('tells ids, hashes, operation and structure without its body', () => {
    const bare = { ...record, body: new Uint8Array(0) };
    const headers = headersOf(entry(bare));
    assert.ok(headers.operation === 'upsert');
    assert.deepEqual([headers.ids, headers.contentHashes, headers.structure], [ids, hashes, 5]);
    assert.deepEqual([headers.epoch, headers.isAs, headers.places.size], [11n, false, 0]);
  });

  it('may store its documents under docIds of earlier records', () => {
    const as = BigUint64Array.from(ids, (_, i) => 100n + BigInt(i));
    const copy = upsertRecord(documents, { contentHashes: hashes, structure: 5, as });
    const headers = headersOf(entry(copy));
    assert.ok(headers.operation === 'upsert' && headers.isAs);
    assert.deepEqual(headers.docIds, as);
    const change = changeOf(entry(copy));
    assert.ok(change.operation === 'upsert');
    assert.deepEqual(change.docIds, as);
  });

  it('names every subject of a document that has several', () => {
    const places = new Map([
      [0, ['shoal.u.1.0', 'shoal.u.1.4']],
      [3, ['shoal.u.1.0', 'shoal.u.2.17']],
    ]);
    const spread = upsertRecord(documents, { contentHashes: hashes, structure: 5, places });
    const headers = headersOf({ ...entry(spread), subject: 'shoal.u.1.0' });
    assert.ok(headers.operation === 'upsert');
    assert.deepEqual(headers.places, places);
  });

  it('whose columns or documents do not fit its ids is DATA_LOSS', () => {
    const short = upsertRecord(documents, { contentHashes: hashes.subarray(1), structure: 5 });
    assert.throws(() => headersOf(entry(short)), { code: 'DATA_LOSS', message: /4 values for 5 ids/ });
    const bodiless = { ...record, body: new Uint8Array(0) };
    assert.throws(() => changeOf(entry(bodiless)), { code: 'DATA_LOSS', message: /0 documents for 5 ids/ });
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
  });
});

describe('a decision record', () => {
  const conditions = BigUint64Array.of(condition.none, condition.absent, 77n, 0n, 0n);

  it('of deletes has ids, conditions and a write id, and no body', () => {
    const record = deleteRecord(ids, { conditions, writeId: 'w-1', epoch: 3n });
    const headers = headersOf(entry(record));
    assert.ok(headers.operation === 'delete');
    assert.deepEqual([headers.ids, headers.conditions], [ids, conditions]);
    assert.deepEqual([headers.writeId, headers.epoch, headers.contentHashes.length], ['w-1', 3n, 0]);
    assert.deepEqual(headers.docIds[4], docIdOf(7n, 4));
    assert.equal(record.body.length, 0);
  });

  it('of writes also has content hashes, and the documents in its body', () => {
    const record = writeRecord(documents, { conditions, writeId: '', contentHashes: hashes, structure: 2 });
    const headers = headersOf(entry(record));
    assert.ok(headers.operation === 'write');
    assert.deepEqual([headers.contentHashes, headers.writeId], [hashes, '']);
    assert.deepEqual(documentsOf(entry(record)), documents);
  });

  it('changes no shard by itself', () => {
    const record = deleteRecord(['a'], { conditions: new BigUint64Array(1), writeId: '' });
    assert.throws(() => changeOf(entry(record)), { code: 'DATA_LOSS', message: /directory's subject/ });
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
