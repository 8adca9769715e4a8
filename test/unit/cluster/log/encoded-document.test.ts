/** A document that is encoded once is the document, whichever writer made its bytes. */
import assert from 'node:assert/strict';
import { bodyBytesOf, encodeDocument, joinDocuments } from '../../../../cluster/log/encoded-document.js';
import { DocumentRecord, LogDocument } from '../../../../proto/generated/shoal/v1/log.js';

const documents = [0, 1, 24, 25, 4_000, 40_000].map((size) =>
  LogDocument.fromPartial({
    id: `d${size}`,
    text: 'x'.repeat(size),
    dense: Buffer.alloc(size * 4, size),
    further: [{ passage: 1, dense: Buffer.alloc(8, 1) }],
  }),
);

describe('an encoded document', () => {
  it('is decoded to what it was, also when one writer is used again and again', () => {
    const writer = LogDocument.encode(LogDocument.create());
    writer.finish();
    for (const encoded of [
      documents.map((each) => encodeDocument(each)),
      documents.map((each) => encodeDocument(each, writer)),
    ]) {
      assert.deepEqual(DocumentRecord.decode(joinDocuments(encoded)).documents, documents);
    }
  });

  it('takes as many bytes as it says', () => {
    for (const document of documents) {
      const encoded = encodeDocument(document);
      assert.equal(joinDocuments([encoded]).length, bodyBytesOf(encoded));
      assert.equal(joinDocuments([encoded]).length, DocumentRecord.encode({ documents: [document] }).finish().length);
    }
  });

  it('keeps the vector where it is', () => {
    assert.equal(encodeDocument(documents[2]!).dense, documents[2]!.dense);
  });
});
