/** The merged candidates do not depend on how documents are spread over shards. */
import assert from 'node:assert/strict';
import { compareDocIds, merge } from '../../../../coordinator/search/merge.js';
import type { ShardScan } from '../../../../proto/generated/shoal/v1/shard.js';
import { columns, words } from '../fixtures.js';

function scan(shard: number, stages: Pick<ShardScan, 'dense' | 'sparse'>): ShardScan {
  return { shard, status: 0, message: '', applied: 0n, behind: false, ...stages };
}

const none = undefined;
const docIds = (candidates: readonly { readonly docId: bigint }[]): bigint[] => candidates.map(({ docId }) => docId);

describe('merging', () => {
  it('unites both stages by document and says where each one is', () => {
    const { candidates, denseCount, sparseCount } = merge(
      [
        scan(0, { dense: columns([1n, 1n, 0.5]), sparse: columns([1n, 1n, 7], [2n, 2n, 3]) }),
        scan(4, { dense: columns([3n, 3n, 0.25]), sparse: none }),
      ],
      10,
    );
    assert.deepEqual(candidates, [
      { docId: 1n, idHash: 1n, shard: 0, passage: 0, dense: 0.5, sparse: 7, multi: NaN },
      { docId: 2n, idHash: 2n, shard: 0, passage: 0, dense: NaN, sparse: 3, multi: NaN },
      { docId: 3n, idHash: 3n, shard: 4, passage: 0, dense: 0.25, sparse: NaN, multi: NaN },
    ]);
    assert.deepEqual([denseCount, sparseCount], [2, 2]);
  });

  it('keeps the best k of each stage, ties by smaller docId whatever the shard', () => {
    const scans = [
      scan(1, { dense: columns([9n, 9n, 1], [4n, 4n, 0.5]), sparse: none }),
      scan(0, { dense: columns([2n, 2n, 0.5], [8n, 8n, 0.5]), sparse: none }),
    ];
    assert.deepEqual(docIds(merge(scans, 3).candidates), [2n, 4n, 9n]);
    assert.deepEqual(merge([...scans].reverse(), 3).candidates, merge(scans, 3).candidates);
  });

  it('keeps of one id the newest version, even where only the other stage or a worse score shows it', () => {
    const old: [bigint, bigint, number] = [10n, 77n, 0.9];
    const newer: [bigint, bigint, number] = [11n, 77n, 0.1];
    const acrossShards = merge(
      [scan(0, { dense: columns(old), sparse: none }), scan(1, { dense: columns(newer), sparse: none })],
      1,
    );
    assert.deepEqual(docIds(acrossShards.candidates), [11n]);
    const acrossStages = merge([scan(0, { dense: columns(old), sparse: columns(newer) })], 1);
    assert.deepEqual(docIds(acrossStages.candidates), [11n]);
    assert.equal(acrossStages.denseCount, 0);
  });

  it('leaves room for the next candidate where an older version falls out', () => {
    const found = merge(
      [scan(0, { dense: columns([10n, 77n, 0.9], [11n, 77n, 0.8], [5n, 5n, 0.2]), sparse: none })],
      2,
    );
    assert.deepEqual(docIds(found.candidates), [5n, 11n]);
  });

  it('tells the ten best sparse scores over all shards, descending', () => {
    const rows = (from: number): [bigint, bigint, number][] =>
      Array.from({ length: 8 }, (_, i) => [BigInt(from + i), BigInt(from + i), from + i]);
    const { bestSparse } = merge(
      [scan(0, { dense: none, sparse: columns(...rows(1)) }), scan(1, { dense: none, sparse: columns(...rows(9)) })],
      100,
    );
    assert.deepEqual(bestSparse, [16, 15, 14, 13, 12, 11, 10, 9, 8, 7]);
  });

  it('keeps the passages of the best k documents, each passage once', () => {
    const passages = (...numbers: number[]): Buffer => words(...numbers);
    const here = { ...columns([1n, 1n, 0.9], [2n, 2n, 0.5], [3n, 3n, 0.1]), passages: passages(2, 0, 1) };
    const there = { ...columns([1n, 1n, 0.8], [1n, 1n, 0.7]), passages: passages(1, 2) };
    const { candidates, denseCount } = merge(
      [scan(0, { dense: here, sparse: none }), scan(1, { dense: there, sparse: columns([2n, 2n, 4]) })],
      2,
    );
    assert.deepEqual(
      candidates.map(({ docId, passage, shard, dense }) => [docId, passage, shard, dense]),
      [
        [1n, 1, 1, Math.fround(0.8)],
        [1n, 2, 0, Math.fround(0.9)],
        [2n, 0, 0, 0.5],
      ],
    );
    assert.equal(denseCount, 2);
    assert.equal(candidates[2]?.sparse, 4);
  });

  it('of no answer is empty', () => {
    assert.deepEqual(merge([], 10), { candidates: [], denseCount: 0, sparseCount: 0, bestSparse: [] });
  });

  it('refuses columns of a broken length', () => {
    const broken = { ...columns([1n, 1n, 1]), docIds: Buffer.alloc(7) };
    assert.throws(() => merge([scan(0, { dense: broken, sparse: none })], 1), {
      code: 'INVALID_ARGUMENT',
      message: /7 bytes/,
    });
  });
});

describe('the order of docIds', () => {
  it('is that of unsigned 64-bit numbers', () => {
    const sorted = [2n ** 63n, 3n, 2n ** 53n + 1n, 2n ** 53n].map((docId) => ({ docId })).sort(compareDocIds);
    assert.deepEqual(docIds(sorted), [3n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n]);
    assert.equal(compareDocIds({ docId: 4n }, { docId: 4n }), 0);
  });
});
