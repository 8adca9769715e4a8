/** The list of shards is for looking at trouble: a replica that does not answer is listed with what is known. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import type { ChangeLog } from '../../../../cluster/change-log.js';
import { isReady, shardInfos } from '../../../../coordinator/status/shards.js';
import type { ShardInfo } from '../../../../proto/generated/shoal/v1/cluster.js';
import { ShardStatistics } from '../../../../proto/generated/shoal/v1/shard.js';
import { deadlineOf, mapOf, peersOf, placement, replica, settings, shardNode, viewOf } from '../fixtures.js';

const map = mapOf({
  nodes: ['a', 'b', 'c'].map(shardNode),
  placements: [placement(0, ['a', 'b', 'c', 'gone'], [0, 4])],
  replicas: [replica(0, 'a'), replica(0, 'b', { state: 'loading' }), replica(0, 'c', { state: 'failed' })],
});

function run(failure: ConstructorParameters<typeof ShoalError>[0]): Promise<readonly ShardInfo[]> {
  const peers = peersOf({
    statistics: async (address) => {
      if (address === 'c:1') throw new ShoalError(failure, 'trouble');
      const applied = address === 'a:1' ? 20n : 15n;
      return {
        shards: [
          ShardStatistics.fromPartial({ documents: applied, diskBytes: 7n, applied, segments: 2, tombstones: 1n }),
        ],
      };
    },
  });
  const log: Partial<ChangeLog> = { lastSequence: async () => 18n };
  return shardInfos(settings(), { view: viewOf(map), peers, log: log as ChangeLog }, deadlineOf());
}

describe('the list of shards', () => {
  it('has sizes of the replica that is furthest, and each replica’s state and lag', async () => {
    const [info] = await run('UNAVAILABLE');
    assert.deepEqual(info, {
      shard: 0,
      lists: 2,
      documents: 20n,
      bytes: 7n,
      segments: 2,
      tombstones: 1n,
      replicas: [
        { node: 'a', state: 'ready', applied: 20n, lag: 0n, structureVersion: 0, olderRows: 0n },
        { node: 'b', state: 'loading', applied: 15n, lag: 3n, structureVersion: 0, olderRows: 0n },
        { node: 'c', state: 'failed', applied: 0n, lag: 18n, structureVersion: 0, olderRows: 0n },
        { node: 'gone', state: 'away', applied: 0n, lag: 18n, structureVersion: 0, olderRows: 0n },
      ],
    });
  });

  it('tells of a defect rather than hiding it', async () => {
    await assert.rejects(run('INTERNAL'), { code: 'INTERNAL' });
  });
});

describe('a ready replica', () => {
  it('is one that says so', () =>
    assert.deepEqual(
      ['ready', 'loading', 'failed'].map((state) => isReady(replica(0, 'a', { state }))),
      [true, false, false],
    ));
});
