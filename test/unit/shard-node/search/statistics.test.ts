import assert from 'node:assert/strict';
import { GetStatisticsRequest } from '../../../../proto/generated/shoal/v1/shard.js';
import { statistics } from '../../../../shard-node/search/statistics.js';
import { floats, logDocument, mark, ref, uid, withDocuments, words } from '../fixtures.js';

const sparse = (...terms: number[]): { termIds: Buffer; weights: Buffer } => ({
  termIds: words(...terms),
  weights: floats(...terms.map(() => 1)),
});
const documents = [
  logDocument('a', { sparse: sparse(1, 2) }),
  logDocument('b', { sparse: sparse(2) }),
  logDocument('c'),
];

describe('the counts of a shard', () => {
  it('are of living documents, sealed or not, in the order of the terms asked', () =>
    withDocuments(documents, async (replicas, { supersede, deadline }) => {
      const request = GetStatisticsRequest.fromPartial({ uid, shards: [ref], termIds: words(2, 7, 1) });
      const [before] = (await statistics(request, replicas, deadline)).shards;
      assert.deepEqual(
        [before?.documents, before?.mutableDocuments, before?.segments, before?.durable],
        [3n, 3n, 0, 0n],
      );
      assert.deepEqual(before?.documentFrequencies, words(2, 0, 1));
      const replica = replicas.replica(uid, ref);
      await replica.seal();
      await replica.waitApplied(mark(await supersede('b')), deadline);
      const [after] = (await statistics(request, replicas, deadline)).shards;
      assert.deepEqual(
        [after?.documents, after?.mutableDocuments, after?.segments, after?.tombstones],
        [2n, 0n, 1, 1n],
      );
      assert.deepEqual([after?.documentFrequencies, after?.applied, after?.durable], [words(1, 0, 1), 2n, 1n]);
      assert.ok((after?.diskBytes ?? 0n) > 0n);
    }));

  it('say how long lists are where that is asked for, and where there are lists', () =>
    withDocuments(documents, async (replicas, { deadline }) => {
      const request = GetStatisticsRequest.fromPartial({ uid, shards: [ref], listSizes: true });
      const counted = async () => (await statistics(request, replicas, deadline)).shards[0]?.listSizes;
      assert.equal(await counted(), undefined);
      const { index } = replicas.replica(uid, ref);
      Object.assign(index, { listSizes: async () => Uint32Array.of(3, 9, 0) });
      assert.deepEqual(await counted(), { lists: 3, vectors: 12n, longest: 9n });
      const bare = GetStatisticsRequest.fromPartial({ uid, shards: [ref] });
      assert.equal((await statistics(bare, replicas, deadline)).shards[0]?.listSizes, undefined);
    }));

  it('say in a shard’s part that it is not held here', () =>
    withDocuments([], async (replicas, { deadline }) => {
      const request = GetStatisticsRequest.fromPartial({ uid, shards: [{ shard: 5, generation: 1n }, ref] });
      const { shards } = await statistics(request, replicas, deadline);
      assert.deepEqual(
        shards.map(({ shard, status }) => [shard, status]),
        [
          [5, 9],
          [0, 0],
        ],
      );
    }));

  it('say how many documents a filter lets through, once what is required is applied as far as it is heard', () =>
    withDocuments([logDocument('a')], async (replicas, { write, deadline }) => {
      const request = GetStatisticsRequest.fromPartial({
        uid,
        shards: [ref],
        filter: { has: 'year' },
        required: [...mark(2n), { subject: 'of another shard', sequence: 99n }],
      });
      const waiting = statistics(request, replicas, deadline);
      await write(logDocument('b', { attributes: { year: { int64Value: 1n } } }));
      const [counts] = (await waiting).shards;
      assert.deepEqual([counts?.documents, counts?.matching], [2n, 1n]);
    }));
});
