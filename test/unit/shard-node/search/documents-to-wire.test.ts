/** Documents as they travel: for readers, and as the log had them. */
import assert from 'node:assert/strict';
import { bufferOf } from '../../../../base/bytes.js';
import type { LogDocument } from '../../../../proto/generated/shoal/v1/log.js';
import { indexDocuments } from '../../../../shard-node/ingest/decode.js';
import { fetchedDocument, logDocument, sizeOf } from '../../../../shard-node/search/documents-to-wire.js';
import type { IndexDocument } from '../../../../vector-index/document.js';

const document: IndexDocument = {
  docId: 9n,
  passage: 0,
  start: 0,
  end: 12,
  contentHash: 7n,
  id: 'a',
  title: 'T',
  text: 'some text',
  attributes: { year: 1969n, tags: ['x', 'y'] },
  list: 4,
  home: 4,
  dense: Float32Array.of(0.5, -1),
  terms: { termIds: Uint32Array.of(3, 5), weights: Float32Array.of(0.25, 0.5) },
  tokens: { count: 1, rows: Uint8Array.of(0, 0x38, 0, 0xbc), codec: '' },
};
const further: IndexDocument = {
  ...document,
  passage: 2,
  start: 12,
  end: 0,
  title: null,
  text: '',
  list: 6,
  terms: null,
  tokens: { count: 1, rows: Uint8Array.of(1, 2, 3), codec: 'c' },
};

describe('a fetched document', () => {
  it('says which passage it is and where the primary one is', () => {
    const { docId, passage, start, end, home } = fetchedDocument(further, false);
    assert.deepEqual([docId, passage, start, end, home], [9n, 2, 12, 0, 4]);
  });

  it('has vectors only where they are wanted', () => {
    const { document: bare } = fetchedDocument(document, false);
    assert.deepEqual([bare?.vector, bare?.sparse, bare?.tokens], [undefined, undefined, undefined]);
    const { document: full } = fetchedDocument(document, true);
    assert.deepEqual(full?.vector, bufferOf(Float32Array.of(0.5, -1)));
    assert.deepEqual(full?.tokens?.rows, bufferOf(Float32Array.of(0.5, -1)));
  });
});

describe('a document as the log had it', () => {
  it('comes back from the log as the same rows', () => {
    const record: LogDocument = logDocument(document, [further]);
    const change = {
      operation: 'upsert' as const,
      documents: [record],
      docIds: BigUint64Array.of(9n),
      contentHashes: BigUint64Array.of(7n),
      structure: 0,
      places: new Map(),
    };
    const rows = indexDocuments(change, { kind: 'bm25', averageLength: 3 });
    const plain = (row: IndexDocument): IndexDocument => ({
      ...row,
      tokens: row.tokens && { ...row.tokens, rows: Uint8Array.from(row.tokens.rows) },
    });
    const expected = [document, further].map((row) => ({ ...row, structureVersion: 0 }));
    assert.deepEqual(rows.map(plain), expected);
  });
});

describe('the size of a document', () => {
  it('counts what may be large, vectors where they travel', () => {
    const large = { ...document, text: 'x'.repeat(1000), attributes: { big: 'y'.repeat(2000) } };
    assert.ok(sizeOf(large, false) >= 6_000);
    assert.ok(sizeOf({ ...document, dense: new Float32Array(1000) }, true) >= 4_000);
    assert.ok(sizeOf({ ...document, dense: new Float32Array(1000) }, false) < 1_000);
  });
});
