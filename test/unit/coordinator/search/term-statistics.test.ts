/** One idf for all shards of a query, at most a second old. */
import assert from 'node:assert/strict';
import { TermStatistics } from '../../../../coordinator/search/term-statistics.js';
import { uint32From } from '../../../../base/bytes.js';
import { ShardStatistics } from '../../../../proto/generated/shoal/v1/shard.js';
import { inverseDocumentFrequency } from '../../../../vector-index/sparse/bm25.js';
import { FakeClock } from '../../../fake-clock.js';
import { close, deadlineOf, fanOutOf, peersOf, planOf, servingMap, uid, words } from '../fixtures.js';

interface Rig {
  readonly clock: FakeClock;
  readonly statistics: TermStatistics;
  /** Term ids of every request. */
  readonly asked: number[][];
  idf(...terms: readonly number[]): Promise<(number | undefined)[]>;
}

/** Shard i has `documents[i]` documents; every third term id is in none, the others in (term + i) of them. */
function rig(documents: readonly number[]): Rig {
  const clock = new FakeClock();
  const asked: number[][] = [];
  const peers = peersOf({
    statistics: async (_, { shards, termIds }) => {
      const terms = [...uint32From(termIds, 'terms')];
      asked.push(terms);
      return {
        shards: shards.map(({ shard }) =>
          ShardStatistics.fromPartial({
            shard,
            documents: BigInt(documents[shard] ?? 0),
            documentFrequencies: words(...terms.map((term) => (term % 3 === 0 ? 0 : term + shard))),
          }),
        ),
      };
    },
  });
  const statistics = new TermStatistics(clock, peers);
  const map = servingMap(documents.length);
  const where = { placements: planOf(map).placements, fanOut: fanOutOf(map), deadline: deadlineOf() };
  return {
    clock,
    statistics,
    asked,
    idf: async (...terms) => {
      const found = await statistics.idf(uid, new Set(terms), where);
      return terms.map((term) => found.get(term));
    },
  };
}

describe('the statistics of terms', () => {
  it('tell the idf over all shards', async () => {
    const [first, second] = await rig([100, 50]).idf(4, 7);
    close(first, inverseDocumentFrequency(150, 4 + 5));
    close(second, inverseDocumentFrequency(150, 7 + 8));
  });

  it('weigh a term that no document holds as the rarest, since one may just be written', async () => {
    const [rarest] = await rig([100]).idf(6);
    close(rarest, inverseDocumentFrequency(100, 0));
  });

  it('are asked for only once a second, and only for new terms', async () => {
    const { asked, idf, clock } = rig([10]);
    await idf(1, 2);
    await idf(2, 4);
    await clock.advance(999);
    await idf(1, 4);
    assert.deepEqual(asked, [[1, 2], [4]]);
    await clock.advance(1);
    await idf(1);
    assert.deepEqual(asked, [[1, 2], [4], [1]]);
  });

  it('are asked for again once a collection was forgotten', async () => {
    const { asked, idf, statistics } = rig([10]);
    await idf(1);
    statistics.forget(uid);
    await idf(1);
    assert.equal(asked.length, 2);
  });

  it('are those of the shards that answer', async () => {
    const { statistics } = rig([10]);
    const map = servingMap(0);
    const where = { placements: planOf(map).placements, fanOut: fanOutOf(map), deadline: deadlineOf() };
    const found = await statistics.idf(uid, new Set([1]), where);
    close(found.get(1), inverseDocumentFrequency(0, 0));
  });
});
