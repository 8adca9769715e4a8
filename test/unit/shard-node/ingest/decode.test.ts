import assert from 'node:assert/strict';
import { indexDocuments } from '../../../../shard-node/ingest/decode.js';
import { documentWeights } from '../../../../vector-index/sparse/bm25.js';
import { floats, logDocument, words } from '../fixtures.js';

const sparse = { termIds: words(3, 9), weights: floats(1, 2) };
const learned = { kind: 'learned' } as const;

describe('documents out of the log', () => {
  it('get their docId from record and position', () => {
    const documents = indexDocuments([logDocument('a'), logDocument('b')], 7n, learned);
    assert.deepEqual(
      documents.map(({ docId, id }) => [docId, id]),
      [
        [7n * 4_096n, 'a'],
        [7n * 4_096n + 1n, 'b'],
      ],
    );
  });

  it('have typed columns, attributes as plain values, and null for what they lack', () => {
    const tokens = { count: 1, rows: Buffer.of(1, 2), codec: 'c' };
    const attributes = { year: { int64Value: 5n } };
    const [full, bare] = indexDocuments(
      [
        logDocument('a', { title: 't', list: 4, sparse, tokens, attributes }),
        logDocument('b', { dense: Buffer.alloc(0), tokens: { count: 0 } }),
      ],
      1n,
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
    const [document] = indexDocuments([logDocument('a', { sparse, terms: 30 })], 1n, {
      kind: 'bm25',
      averageLength: 10,
    });
    assert.deepEqual(document?.terms?.weights, documentWeights(Float32Array.of(1, 2), 30, 10));
  });
});
