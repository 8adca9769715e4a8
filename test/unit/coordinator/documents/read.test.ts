/** Reading by id and in order sees everything that was written through this coordinator. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import type { Peers } from '../../../../coordinator/peers.js';
import type { Appenders } from '../../../../coordinator/ingest/appenders.js';
import {
  countDocuments,
  getDocument,
  knownShardStatistics,
  locate,
  scrollDocuments,
  shardStatistics,
  type ReadParts,
} from '../../../../coordinator/documents/read.js';
import { ShardDocuments, ShardStatistics, type LookupRequest } from '../../../../proto/generated/shoal/v1/shard.js';
import { deadlineOf, floats, longs, peersOf, servingMap, settings, viewOf, words } from '../fixtures.js';

const deadline = deadlineOf();
const sparse = { termIds: words(1), weights: floats(1) };

/** Two shards; ids to docIds of each. */
function partsOf(shards: readonly Readonly<Record<string, bigint>>[], lookups: LookupRequest[] = []): ReadParts {
  const peers = peersOf({
    lookup: async (_, request) => {
      lookups.push(request);
      return { docIds: longs(...request.ids.map((id) => shards[request.ref?.shard ?? 0]?.[id] ?? 0n)) };
    },
    fetch: async (_, request) => {
      const [asked] = request.shards;
      const shard = asked?.ref?.shard ?? 0;
      const docId = asked?.docIds.readBigUInt64LE(0) ?? 0n;
      const id = Object.entries(shards[shard] ?? {}).find(([, known]) => known === docId)?.[0] ?? '';
      return { shards: [ShardDocuments.fromPartial({ shard, documents: [{ docId, document: { id, sparse } }] })] };
    },
    statistics: async (_, { shards: [ref] }) => {
      const documents = BigInt(Object.keys(shards[ref?.shard ?? 0] ?? {}).length);
      return { shards: [ShardStatistics.fromPartial({ documents, diskBytes: 10n })] };
    },
    readDocuments: async (_, { ref, after, limit }) => {
      const all = Object.entries(shards[ref?.shard ?? 0] ?? {}).filter(([, docId]) => docId > after);
      const some = all.sort(([, a], [, b]) => Number(a - b)).slice(0, limit);
      const documents = some.map(([id, docId]) => ({
        docId,
        document: { id, attributes: {}, sparse, tokens: undefined },
      }));
      return { documents, done: all.length <= limit };
    },
  });
  const appenders = { writtenUpTo: () => 42n } as unknown as Appenders;
  return { view: viewOf(servingMap(2)), peers, appenders };
}

describe('locating ids', () => {
  it('asks every shard, waiting for what was written here', async () => {
    const lookups: LookupRequest[] = [];
    const places = await locate(['a', 'b', 'c'], settings(), partsOf([{ a: 5n }, { b: 6n }], lookups), deadline);
    assert.deepEqual(
      places.map((place) => place && [place.placement.shard, place.docId]),
      [[0, 5n], [1, 6n], null],
    );
    assert.deepEqual(
      lookups.map(({ minSequence, ids }) => [minSequence, ids]),
      [
        [42n, ['a', 'b', 'c']],
        [42n, ['a', 'b', 'c']],
      ],
    );
  });

  it('takes the newest version where two shards have one', async () => {
    const [place] = await locate(['a'], settings(), partsOf([{ a: 9n }, { a: 8n }]), deadline);
    assert.deepEqual([place?.placement.shard, place?.docId], [0, 9n]);
  });
});

describe('getting a document', () => {
  it('gives the newest version; BM25 weights stay inside, learned ones come along', async () => {
    const parts = { ...partsOf([{ a: 5n }, { a: 7n }]), deadline };
    const { docId, document } = await getDocument('a', true, settings(), parts);
    assert.deepEqual([docId, document?.id, document?.sparse], [7n, 'a', undefined]);
    const learned = await getDocument('a', true, settings({ sparseWeighting: 'learned' }), parts);
    assert.deepEqual(learned.document?.sparse, sparse);
  });

  it('looks it up again when it was replaced before it was fetched, but not for ever', async () => {
    const lookups: LookupRequest[] = [];
    const parts = { ...partsOf([{ a: 5n }, {}], lookups), deadline };
    const { fetch } = parts.peers;
    const missing = { count: 0 };
    const peers = peersOf({
      ...parts.peers,
      fetch: async (...call) => {
        missing.count -= 1;
        return missing.count < 0 ? fetch(...call) : { shards: [ShardDocuments.fromPartial({ shard: 0 })] };
      },
    });
    const get = (misses: number): ReturnType<typeof getDocument> => {
      missing.count = misses;
      return getDocument('a', false, settings(), { ...parts, peers });
    };
    assert.equal((await get(2)).docId, 5n);
    assert.equal(lookups.length, 3 * 2);
    await assert.rejects(get(3), {
      code: 'ABORTED',
      message: /^document 'a' of collection 'notes' was replaced each time/,
    });
  });

  it('says NOT_FOUND for an unknown id, with its name and the collection’s', async () => {
    await assert.rejects(getDocument('x', false, settings(), { ...partsOf([{}, {}]), deadline }), {
      code: 'NOT_FOUND',
      message: "document 'x' does not exist in collection 'notes'",
    });
  });
});

describe('counting', () => {
  it('sums over the shards', async () => {
    const parts = partsOf([{ a: 1n, b: 2n }, { c: 3n }]);
    assert.equal(await countDocuments(settings(), parts, deadline), 3n);
    const counts = await shardStatistics(settings(), parts, deadline);
    assert.deepEqual(
      counts.map(({ documents, diskBytes }) => [documents, diskBytes]),
      [
        [2n, 10n],
        [1n, 10n],
      ],
    );
  });
});

describe('counting what can be counted', () => {
  const counting = (statistics: Peers['statistics']): ReturnType<typeof knownShardStatistics> =>
    knownShardStatistics(settings(), { ...partsOf([{}, {}]), peers: peersOf({ statistics }) }, deadline);

  it('leaves out a shard that nobody can count', async () => {
    const found = await counting(async (_, { shards: [ref] }) => {
      if (ref?.shard === 0) throw new ShoalError('UNAVAILABLE', 'away');
      return { shards: [ShardStatistics.fromPartial({ documents: 3n })] };
    });
    assert.deepEqual(
      found.map(({ documents }) => documents),
      [3n],
    );
  });

  it('does not hide other errors', async () => {
    const late = counting(async () => {
      throw new ShoalError('DEADLINE_EXCEEDED', 'late');
    });
    await assert.rejects(late, { code: 'DEADLINE_EXCEEDED' });
  });
});

describe('scrolling', () => {
  it('gives every document once, shard after shard, ascending, in batches', async () => {
    const parts = partsOf([{ a: 1n, b: 5n, c: 9n }, { d: 2n }]);
    const batches: (string | undefined)[][] = [];
    for await (const batch of scrollDocuments(settings(), { batch: 2, withVectors: false }, parts, deadline)) {
      batches.push(batch.map(({ document }) => document?.id));
    }
    assert.deepEqual(batches, [['a', 'b'], ['c'], ['d']]);
  });

  it('of an empty collection gives nothing', async () => {
    for await (const batch of scrollDocuments(
      settings(),
      { batch: 2, withVectors: false },
      partsOf([{}, {}]),
      deadline,
    )) {
      assert.fail(`a batch of ${batch.length}`);
    }
  });
});
