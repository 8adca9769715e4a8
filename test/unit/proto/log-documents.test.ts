import assert from 'node:assert/strict';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { DocumentRecord, LogDocument } from '../../../proto/generated/shoal/v1/log.js';
import { decodeDocuments } from '../../../proto/log-documents.js';

const bytes = (...values: number[]): Buffer => Buffer.of(...values);
const full: LogDocument = {
  id: 'ü',
  title: 'title',
  text: '検索',
  attributes: {
    year: { int64Value: -5n },
    tags: { listValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } },
    at: { timestampValue: new Date(1234) },
  },
  list: 300,
  dense: bytes(1, 2, 3, 4),
  sparse: { termIds: bytes(1, 0, 0, 0), weights: bytes(0, 0, 128, 63) },
  terms: 2 ** 32 - 1,
  tokens: { count: 2, rows: bytes(9, 9), codec: 'c', pooled: true },
  weighted: true,
  passage: 3,
  start: 4,
  end: 5,
  home: 6,
  further: [LogDocument.fromPartial({ passage: 1, dense: bytes(5, 6, 7, 8) })],
};
const documents = [full, LogDocument.fromPartial({ id: 'bare' }), LogDocument.fromPartial({ title: '' })];
const body = DocumentRecord.encode({ documents }).finish();

describe('the documents of a log record', () => {
  it('are what the generated decoder gives', () => {
    assert.deepEqual(decodeDocuments(body), DocumentRecord.decode(body).documents);
    assert.deepEqual(decodeDocuments(new Uint8Array(0)), []);
  });

  it('leave their vectors in the body', () => {
    const own = Buffer.from(body);
    const [first] = decodeDocuments(own);
    assert.equal(first!.dense.buffer, own.buffer);
  });

  it('may have fields that a newer writer added', () => {
    const newer = LogDocument.encode(full).uint32(1_000).uint32(7).uint32(1_010).string('new').finish();
    const record = new BinaryWriter().uint32(10).bytes(newer).uint32(1_000).uint32(7).finish();
    assert.deepEqual(decodeDocuments(record), [DocumentRecord.decode(record).documents[0]!]);
  });

  it('that are cut off anywhere are refused, or fewer', () => {
    for (let length = 0; length < body.length; length += 1) {
      const cut = body.subarray(0, length);
      const decoded = attempt(() => decodeDocuments(cut));
      assert.deepEqual(
        decoded,
        attempt(() => DocumentRecord.decode(cut).documents),
      );
    }
  });

  it('that lie within each other without end are refused', () => {
    let nested: Uint8Array = LogDocument.encode(full).finish();
    for (let depth = 0; depth < 20; depth += 1) nested = new BinaryWriter().uint32(122).bytes(nested).finish();
    const record = new BinaryWriter().uint32(10).bytes(nested).finish();
    assert.throws(() => decodeDocuments(record), { message: /within passages/ });
  });
});

function attempt(work: () => LogDocument[]): LogDocument[] | 'refused' {
  try {
    return work();
  } catch {
    return 'refused';
  }
}
