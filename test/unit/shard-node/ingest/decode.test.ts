import assert from 'node:assert/strict';
import { docIdOf } from '../../../../cluster/log/doc-id.js';
import type { LogDocument } from '../../../../proto/generated/shoal/v1/log.js';
import { indexDocuments } from '../../../../shard-node/ingest/decode.js';
import { documentWeights } from '../../../../vector-index/sparse/bm25.js';
import { floats, logDocument, words } from '../fixtures.js';

const sparse = { termIds: words(3, 9), weights: floats(1, 2) };
/** Record 7 of the log as it is read. */
function changeOf(
  documents: LogDocument[],
  places: ReadonlyMap<number, readonly string[]> = new Map(),
): Parameters<typeof indexDocuments>[0] {
  const docIds = BigUint64Array.from(documents, (_, position) => docIdOf(7n, position));
  const contentHashes = BigUint64Array.from(documents, (_, position) => 1_000n + BigInt(position));
  return { operation: 'upsert', documents, docIds, contentHashes, structure: 3, places };
}

const learned = { kind: 'learned' } as const;

describe('documents out of the log', () => {
  it('say in their primary passage in how many other shards they have some', () => {
    const further = logDocument('b', { passage: 3, text: '' });
    const places = new Map([0, 1].map((position) => [position, ['s.0', 's.1', 's.2']]));
    const rows = indexDocuments(changeOf([logDocument('a'), further, logDocument('c')], places), learned);
    assert.deepEqual(
      rows.map(({ elsewhere }) => elsewhere),
      [2, undefined, undefined],
    );
  });

  it('have docId and content hash of their position in the record', () => {
    const documents = indexDocuments(changeOf([logDocument('a'), logDocument('b')]), learned);
    assert.deepEqual(
      documents.map(({ docId, id, contentHash }) => [docId, id, contentHash]),
      [
        [7n * 4_096n, 'a', 1_000n],
        [7n * 4_096n + 1n, 'b', 1_001n],
      ],
    );
  });

  it('have typed columns, attributes as plain values, and null for what they lack', () => {
    const tokens = { count: 1, rows: Buffer.of(1, 2), codec: 'c' };
    const attributes = { year: { int64Value: 5n } };
    const [full, bare] = indexDocuments(
      changeOf([
        logDocument('a', { title: 't', list: 4, sparse, tokens, attributes }),
        logDocument('b', { dense: Buffer.alloc(0), tokens: { count: 0 } }),
      ]),
      learned,
    );
    assert.deepEqual([full?.title, full?.list, full?.attributes, full?.tokens], ['t', 4, { year: 5n }, tokens]);
    assert.deepEqual(
      [full?.dense, full?.terms],
      [Float32Array.of(1, 0), { termIds: Uint32Array.of(3, 9), weights: Float32Array.of(1, 2) }],
    );
    assert.deepEqual([bare?.title, bare?.dense, bare?.terms, bare?.tokens], [null, null, null, null]);
  });

  it('weigh term frequencies by BM25 with the constant average length', () => {
    const [document] = indexDocuments(changeOf([logDocument('a', { sparse, terms: 30 })]), {
      kind: 'bm25',
      averageLength: 10,
    });
    assert.deepEqual(document?.terms?.weights, documentWeights(Float32Array.of(1, 2), 30, 10));
  });

  it('store final weights as they are', () => {
    const final = logDocument('a', { sparse, terms: 30, weighted: true });
    const [document] = indexDocuments(changeOf([final]), { kind: 'bm25', averageLength: 10 });
    assert.deepEqual(document?.terms?.weights, Float32Array.of(1, 2));
  });

  it('become a row for each passage, with the document’s id, attributes and home', () => {
    const attributes = { year: { int64Value: 5n } };
    const further = [logDocument('', { passage: 2, text: '', list: 4, start: 9, end: 20, dense: floats(0, 1) })];
    const elsewhere = logDocument('b', { passage: 3, text: '', list: 6, home: 4, start: 20, attributes });
    const rows = indexDocuments(
      changeOf([logDocument('a', { list: 4, end: 9, attributes, further }), elsewhere]),
      learned,
    );
    assert.deepEqual(
      rows.map(({ id, docId, passage, list, home, start, end }) => [
        id,
        docId % 4_096n,
        passage,
        list,
        home,
        start,
        end,
      ]),
      [
        ['a', 0n, 0, 4, 4, 0, 9],
        ['a', 0n, 2, 4, 4, 9, 20],
        ['b', 1n, 3, 6, 4, 20, 0],
      ],
    );
    assert.deepEqual(rows[1]?.attributes, { year: 5n });
    assert.deepEqual(rows[1]?.dense, Float32Array.of(0, 1));
  });
});
