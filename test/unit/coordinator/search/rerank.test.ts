/** Candidates get the scores that they lack; what the scan said is kept. */
import assert from 'node:assert/strict';
import { uint64From } from '../../../../base/bytes.js';
import type { Candidate } from '../../../../coordinator/search/merge.js';
import type { Question } from '../../../../coordinator/search/question.js';
import { rerank, type Reranked } from '../../../../coordinator/search/rerank.js';
import type { WireQuestion } from '../../../../coordinator/search/wire-question.js';
import { GetEncoderInfoResponse } from '../../../../proto/generated/shoal/v1/encoder.js';
import { ShardScores, type RerankRequest } from '../../../../proto/generated/shoal/v1/shard.js';
import {
  candidate,
  deadlineOf,
  encodersOf,
  fanOutOf,
  floats,
  foundBy,
  peersOf,
  question,
  servingMap,
  wire,
  words,
} from '../fixtures.js';

interface Case {
  readonly candidates: readonly Candidate[];
  readonly question?: Partial<Question>;
  readonly wire?: Partial<WireQuestion>;
  readonly reduction?: string;
  /** Scores of a shard for its candidates in the order asked. */
  readonly answer?: (shard: number, docIds: readonly bigint[]) => Partial<ShardScores>;
}

async function run(each: Case): Promise<Reranked & { readonly requests: readonly RerankRequest[] }> {
  const requests: RerankRequest[] = [];
  const map = servingMap(2);
  const peers = peersOf({
    rerank: async (_, request) => {
      requests.push(request);
      const shards = request.shards.map(({ ref, docIds }) => {
        const shard = ref?.shard ?? 0;
        return ShardScores.fromPartial({ shard, ...each.answer?.(shard, [...uint64From(docIds, 'docIds')]) });
      });
      return { shards };
    },
  });
  const encoders = encodersOf({
    infoOf: async () => GetEncoderInfoResponse.fromPartial({ reduction: each.reduction ?? 'sum' }),
  });
  const merged = { candidates: each.candidates, denseCount: 0, sparseCount: 0, bestSparse: [] };
  const parts = { encoders, peers, fanOut: fanOutOf(map), ...foundBy(map), deadline: deadlineOf() };
  const result = await rerank(merged, question(each.question), wire(each.wire), parts);
  return { ...result, requests };
}

const sparse = { termIds: words(1), weights: floats(1) };
const tokens = { tokens: floats(1, 2, 3, 4), tokenCount: 2 };

describe('reranking', () => {
  it('asks nobody when every score is there', async () => {
    const candidates = [candidate(1n, { dense: 0.5 })];
    const { candidates: same, requests } = await run({ candidates });
    assert.deepEqual(same, candidates);
    assert.equal(requests.length, 0);
    assert.equal((await run({ candidates: [], wire: tokens })).requests.length, 0);
  });

  it('asks shards that have candidates for the scores that lack, and keeps the others', async () => {
    const { candidates, requests } = await run({
      candidates: [candidate(1n, { dense: 0.5, sparse: 2, shard: 1 }), candidate(2n, { sparse: 3, shard: 1 })],
      wire: { sparse },
      answer: () => ({ dense: floats(0.25, 0.75), sparse: floats(8, 9) }),
    });
    assert.deepEqual(
      requests.map(({ shards }) => shards.map(({ ref }) => ref?.shard)),
      [[1]],
    );
    assert.deepEqual([requests[0]?.dense, requests[0]?.sparse], [floats(1, 0), undefined]);
    assert.deepEqual(
      candidates.map(({ dense, sparse: words }) => [dense, words]),
      [
        [0.5, 2],
        [0.75, 3],
      ],
    );
  });

  it('asks for a sparse score where only that lacks', async () => {
    const { candidates, requests } = await run({
      candidates: [candidate(1n, { dense: 0.5 })],
      wire: { sparse },
      answer: () => ({ sparse: floats(4) }),
    });
    assert.deepEqual([requests[0]?.dense.length, requests[0]?.sparse], [0, sparse]);
    assert.deepEqual([candidates[0]?.dense, candidates[0]?.sparse], [0.5, 4]);
  });

  it('divides MaxSim by the number of query tokens where the model means, not where it sums', async () => {
    const each: Case = {
      candidates: [candidate(1n, { dense: 1 })],
      wire: tokens,
      answer: () => ({ multi: floats(3) }),
    };
    assert.equal((await run({ ...each, reduction: 'mean' })).candidates[0]?.multi, 1.5);
    assert.equal((await run({ ...each, reduction: 'sum' })).candidates[0]?.multi, 3);
  });

  it('leaves a document without tokens without a MaxSim', async () => {
    const { candidates } = await run({
      candidates: [candidate(1n, { dense: 1 })],
      wire: tokens,
      answer: () => ({ multi: floats(NaN) }),
    });
    assert.ok(Number.isNaN(candidates[0]?.multi));
  });

  it('scores every candidate exactly where asked for', async () => {
    const candidates = Array.from({ length: 200 }, (_, i) => candidate(BigInt(i + 1), { dense: 1 }));
    const exactTop = async (exact: boolean): Promise<number | undefined> =>
      (await run({ candidates, wire: tokens, question: { exact } })).requests[0]?.exactTop;
    assert.deepEqual([await exactTop(false), await exactTop(true)], [20, 200]);
  });

  it('names passages, and gives a document the best of them', async () => {
    const { candidates, requests } = await run({
      candidates: [candidate(1n, { dense: 0.5 }), candidate(1n, { dense: 0.25, passage: 2 })],
      wire: tokens,
      answer: () => ({ multi: floats(1, 3) }),
    });
    assert.deepEqual(requests[0]?.shards[0]?.passages, words(0, 2));
    assert.deepEqual(
      candidates.map(({ passage, multi }) => [passage, multi]),
      [[2, 3]],
    );
  });

  it('takes the sparse score of a further passage from the primary one, wherever it is', async () => {
    const { candidates, requests } = await run({
      candidates: [candidate(1n, { dense: 0.5, passage: 2 })],
      wire: { sparse },
      answer: (shard) => ({ sparse: floats(shard === 1 ? 4 : NaN) }),
    });
    assert.deepEqual(
      requests.map(({ shards }) => shards.map(({ ref, passages }) => [ref?.shard, passages])),
      [
        [[0, words(2)]],
        [
          [0, Buffer.alloc(0)],
          [1, Buffer.alloc(0)],
        ],
      ],
    );
    assert.deepEqual(
      candidates.map(({ passage, sparse: score }) => [passage, score]),
      [[2, 4]],
    );
  });

  it('leaves out the candidates of a shard that fails, and says why', async () => {
    const { candidates, missing } = await run({
      candidates: [candidate(1n, { shard: 0 }), candidate(2n, { shard: 1 })],
      answer: (shard) => (shard === 0 ? { status: 14, message: 'closed' } : { dense: floats(0.5) }),
    });
    assert.deepEqual(
      candidates.map(({ docId, dense }) => [docId, dense]),
      [[2n, 0.5]],
    );
    assert.deepEqual([...missing], [[0, 'node node-0: closed']]);
  });
});
