import assert from 'node:assert/strict';
import { contentHash } from '../../../../coordinator/ingest/content-hash.js';
import { Document } from '../../../../proto/generated/shoal/v1/document.js';
import { floats } from '../fixtures.js';

type Fields = Parameters<typeof Document.fromPartial>[0];
const hash = (fields: Fields): bigint => contentHash(Document.fromPartial({ id: 'd', text: 'x', ...fields }));

describe('the hash of a document’s content', () => {
  it('does not depend on the order of attributes', () => {
    const a = { int64Value: 1n };
    const b = { stringValue: 'x' };
    assert.equal(hash({ attributes: { a, b } }), hash({ attributes: { b, a } }));
  });

  it('changes with everything that a user gives', () => {
    const all = [
      {},
      { text: 'y' },
      { text: undefined },
      { text: '' },
      { title: 'x' },
      { attributes: { a: { int64Value: 1n } } },
      { attributes: { a: { doubleValue: 1 } } },
      { vector: floats(1) },
      { vector: floats(2) },
      { vector: floats(1, 1) },
      { vector: Buffer.alloc(0) },
      { passages: [{ vector: floats(1) }] },
      { tokens: { count: 1, rows: floats(1) } },
    ].map(hash);
    assert.equal(new Set(all).size, all.length);
  });

  it('is the same from a writer that was used before', () => {
    const documents = ['x', 'y'.repeat(5_000), 'z'].map((text) =>
      Document.fromPartial({ id: 'd', text, vector: floats(1) }),
    );
    const writer = Document.encode(Document.create());
    writer.finish();
    const together = documents.map((document) => contentHash(document, writer));
    assert.deepEqual(
      together,
      documents.map((document) => contentHash(document)),
    );
  });

  it('leaves the document as it is', () => {
    const document = Document.fromPartial({ id: 'd', attributes: { b: { int64Value: 1n }, a: { int64Value: 2n } } });
    contentHash(document);
    assert.deepEqual(Object.keys(document.attributes), ['b', 'a']);
  });
});
