import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { countDocuments, knownShardStatistics, shardStatistics } from '../../../../coordinator/documents/count.js';
import type { Peers } from '../../../../coordinator/peers.js';
import { AttributeType } from '../../../../proto/generated/shoal/v1/document.js';
import { AwaitCommittedResponse } from '../../../../proto/generated/shoal/v1/directory.js';
import { ShardStatistics, type GetStatisticsRequest } from '../../../../proto/generated/shoal/v1/shard.js';
import { deadlineOf, peersOf, settings } from '../fixtures.js';
import { SmallWorld } from './small-world.js';

const dated = settings({ attributes: { year: AttributeType.ATTRIBUTE_TYPE_INT64 } });

function worldOf(): SmallWorld {
  const world = new SmallWorld();
  for (const [i, id] of ['a', 'b', 'c'].entries())
    world.put(id, { docId: BigInt(i + 1), shard: i % 2, attributes: { year: { int64Value: BigInt(i) } } });
  return world;
}

describe('counting', () => {
  it('sums over the shards', async () => {
    const { parts } = worldOf();
    assert.equal(await countDocuments({}, settings(), parts, deadlineOf()), 3n);
    const counts = await shardStatistics(settings(), parts, deadlineOf());
    assert.deepEqual(
      counts.map(({ documents, diskBytes }) => [documents, diskBytes]),
      [
        [2n, 10n],
        [1n, 10n],
      ],
    );
  });

  it('counts what a filter lets through', async () => {
    const { parts } = worldOf();
    assert.equal(await countDocuments({ filter: 'year >= 1' }, dated, parts, deadlineOf()), 2n);
  });

  it('waits for what was written here, or for a later position', async () => {
    const { parts } = worldOf();
    const asked: GetStatisticsRequest[] = [];
    const peers = peersOf({
      ...parts.peers,
      statistics: async (address, request, deadline) => {
        asked.push(request);
        return parts.peers.statistics(address, request, deadline);
      },
    });
    for (const minSequence of [7n, 60n])
      await countDocuments({ minSequence }, settings(), { ...parts, peers }, deadlineOf());
    const marks = (sequence: bigint): unknown[] =>
      [0, 1].map((shard) => [{ subject: `shoal.u1.1.${shard}`, sequence }]);
    assert.deepEqual(
      asked.map(({ required }) => required),
      [...marks(43n), ...marks(61n)],
    );
  });
});

describe('counting while documents move', () => {
  /** Document `a` moves from shard 0 to shard 1 at position 60, which shard 0 hears of at 61; the directory knows of three. */
  const counting = (applied: { at: bigint; readonly step: bigint; readonly documents: bigint }): Promise<bigint> => {
    const { parts } = worldOf();
    const peers = peersOf({
      ...parts.peers,
      awaitCommitted: async (_, { sequence, subjects }) =>
        AwaitCommittedResponse.fromPartial({
          caused: sequence >= 60n ? 61n : 0n,
          last: subjects.map((subject) => ({ subject, sequence: 61n })),
        }),
      statistics: async (_, { shards: [ref], required: [mark] }) => {
        const shard = ref?.shard ?? 0;
        const sequence = shard === 0 ? (mark?.sequence ?? 0n) : applied.at;
        const isThere = shard === 0 ? sequence < 61n : sequence >= 60n;
        if (shard === 1) applied.at += applied.step;
        const documents = isThere ? applied.documents : 0n;
        return { shards: [ShardStatistics.fromPartial({ shard, documents, applied: sequence })] };
      },
    });
    return countDocuments({}, settings(), { ...parts, peers }, deadlineOf());
  };

  it('counts all shards at one position', async () => {
    assert.equal(await counting({ at: 60n, step: 0n, documents: 1n }), 1n);
    assert.equal(await counting({ at: 40n, step: 0n, documents: 1n }), 1n);
  });

  it('reads a small collection while writes never rest, and ends with a large one', async () => {
    assert.equal(await counting({ at: 1_001n, step: 1_000n, documents: 1n }), 3n);
    assert.equal(await counting({ at: 1_001n, step: 1_000n, documents: 20_000n }), 20_000n);
  });
});

describe('counting what can be counted', () => {
  const counting = (statistics: Peers['statistics']): ReturnType<typeof knownShardStatistics> =>
    knownShardStatistics(settings(), { ...worldOf().parts, peers: peersOf({ statistics }) }, deadlineOf());

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
