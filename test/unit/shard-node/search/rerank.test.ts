/** Exact scores in the order asked; NaN where a document has none or is gone. */
import assert from 'node:assert/strict';
import { float32From, uint32From } from '../../../../base/bytes.js';
import { RerankRequest, type ShardScores } from '../../../../proto/generated/shoal/v1/shard.js';
import { rerank } from '../../../../shard-node/search/rerank.js';
import { float16Rows } from '../../../../vector-index/codebook/float16-rows.js';
import { floats, logDocument, longs, ref, uid, withDocuments, words, type Rig } from '../fixtures.js';
import type { ReplicaSet } from '../../../../shard-node/replicas.js';

const rows = (...values: number[]): Buffer => Buffer.from(float16Rows(Float32Array.from(values)));
const documents = [
  logDocument('a', {
    dense: floats(1, 2),
    sparse: { termIds: words(1), weights: floats(2) },
    tokens: { count: 2, rows: rows(1, 0, 0, 2) },
  }),
  logDocument('b', { dense: Buffer.alloc(0) }),
];
const order = longs(99n, 4_097n, 4_096n);

function withScores(
  changes: Parameters<typeof RerankRequest.fromPartial>[0],
  check: (scores: ShardScores) => void,
): Promise<void> {
  return withDocuments(
    documents,
    async (replicas: ReplicaSet, { deadline }: Rig) => {
      const request = RerankRequest.fromPartial({ uid, shards: [{ ref, docIds: order }], ...changes });
      check((await rerank(request, replicas, deadline)).shards[0]!);
    },
    { tokenDim: 2 },
  );
}

const numbers = (bytes: Uint8Array): number[] => [...float32From(bytes, 'scores')];

describe('reranking on a shard node', () => {
  it('gives every score asked for, in the order asked', () =>
    withScores(
      { dense: floats(1, 1), sparse: { termIds: words(1), weights: floats(0.5) }, queryTokens: floats(1, 0, 0, 1) },
      (scores) => {
        assert.deepEqual(numbers(scores.dense), [NaN, NaN, 3]);
        assert.deepEqual(numbers(scores.sparse).at(-1), 1);
        assert.ok(Number.isNaN(numbers(scores.sparse)[0]));
        assert.deepEqual(numbers(scores.multi), [NaN, NaN, 3]);
      },
    ));

  it('leaves empty what is not asked for', () =>
    withScores({ dense: floats(1, 1) }, ({ dense, sparse, multi, matchTokens, matchScores }) => {
      assert.equal(dense.length, 12);
      assert.deepEqual(
        [sparse, multi, matchTokens, matchScores].map(({ length }) => length),
        [0, 0, 0, 0],
      );
    }));

  it('says which document token answered each query token', () =>
    withScores(
      { queryTokens: floats(0, 1, 1, 0, 1, 0), matches: true, shards: [{ ref, docIds: longs(4_096n) }] },
      (scores) => {
        assert.deepEqual([...uint32From(scores.matchTokens, 'tokens')], [1, 0, 0]);
        assert.deepEqual(numbers(scores.matchScores), [2, 1, 1]);
      },
    ));

  it('says in a shard’s part what is wrong', () =>
    withScores({ dense: floats(1) }, ({ status, message }) => {
      assert.deepEqual([status, message], [3, 'the query vector has 1 dimension, the collection has 2']);
    }));
});
