import assert from 'node:assert/strict';
import {
  conditionsToWire,
  documentFromWire,
  documentToWire,
  writeResultFromWire,
} from '../../../../client/sdk/wire.js';
import { Document } from '../../../../proto/generated/shoal/v1/document.js';

describe('documents on the wire', () => {
  it('tell a missing text and title from empty ones', () => {
    for (const document of [{ id: 'a' }, { id: 'a', text: '', title: '' }]) {
      const bytes = Document.encode(documentToWire(document)).finish();
      assert.deepEqual(documentFromWire(Document.decode(bytes), 5n), { ...document, docId: 5n, attributes: {} });
    }
  });

  it('have passages with vectors of their own', () => {
    const tokens = { count: 1, rows: Uint8Array.of(1, 2), codec: 'r2' };
    const passages = [
      { vector: Float32Array.of(1, 2), start: 0, end: 4 },
      { vector: Float32Array.of(3, 4), tokens, start: 4, end: 8 },
      { vector: Float32Array.of(5, 6), tokens: { ...tokens, codec: '', pooled: true }, start: 8, end: 0 },
    ];
    const bytes = Document.encode(documentToWire({ id: 'a', passages })).finish();
    assert.deepEqual(documentFromWire(Document.decode(bytes), 5n).passages, passages);
  });

  it('carry conditions by position', () => {
    const wire = conditionsToWire([null, { ifDocId: 7n }, { ifAbsent: true }]);
    assert.deepEqual(wire, [{}, { ifDocId: 7n }, { ifAbsent: true }]);
  });

  it('send the part of a buffer that a vector views, and no more', () => {
    const vector = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    assert.equal(documentToWire({ id: 'a', vector }).vector?.byteLength, 8);
  });

  it('refuse a vector of broken length, naming the document', () => {
    const wire = { ...documentToWire({ id: 'a' }), vector: Buffer.alloc(5) };
    assert.throws(() => documentFromWire(wire, 1n), { code: 'INVALID_ARGUMENT', message: /document a has 5 bytes/ });
  });

  it('give write results a code where they failed', () => {
    const wire = { id: 'a', docId: 0n, status: 8, message: 'full', unchanged: false };
    assert.deepEqual(writeResultFromWire(wire).error, { code: 'RESOURCE_EXHAUSTED', message: 'full' });
  });
});
