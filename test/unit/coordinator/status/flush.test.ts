/** After a flush everything written is in sealed segments, and the log is purged of it. */
import assert from 'node:assert/strict';
import type { ChangeLog } from '../../../../cluster/change-log.js';
import type { ClusterView } from '../../../../cluster/shard-map/cluster-view.js';
import type { Truncation } from '../../../../coordinator/placement/truncation.js';
import { flush } from '../../../../coordinator/status/flush.js';
import type { FlushResponse } from '../../../../proto/generated/shoal/v1/cluster.js';
import { AwaitCommittedResponse } from '../../../../proto/generated/shoal/v1/directory.js';
import { ShardStatistics } from '../../../../proto/generated/shoal/v1/shard.js';
import {
  deadlineOf,
  directoryState,
  mapOf,
  partition,
  peersOf,
  placement,
  replica,
  settings,
  shardNode,
} from '../fixtures.js';

async function run(nodes: readonly string[]): Promise<{ readonly answer: FlushResponse; readonly steps: string[] }> {
  const steps: string[] = [];
  const durable = new Map<string, bigint>();
  const committed = new Map<string, bigint>();
  const map = (): ReturnType<typeof mapOf> =>
    mapOf({
      nodes: nodes.map(shardNode),
      placements: nodes.length === 0 ? [] : [placement(0, nodes)],
      replicas: nodes.map((node) => replica(0, node, { durable: durable.get(node) ?? 0n })),
      directories: nodes.length === 0 ? [] : [partition(0, nodes)],
      directoryStates: nodes.map((node) => directoryState(0, node, { committed: committed.get(node) ?? 0n })),
    });
  const view: Partial<ClusterView> = {
    current: map,
    when: async (look, what) => (steps.push(`wait for ${what}`), look(map()) ?? assert.fail(`waited for ${what}`)),
  };
  const peers = peersOf({
    awaitCommitted: async (address, { sequence }) => {
      steps.push(`${address} commits ${sequence}`);
      committed.set(address.slice(0, -2), sequence);
      return AwaitCommittedResponse.fromPartial({});
    },
    seal: async (address) => {
      steps.push(`${address} seals`);
      durable.set(address.slice(0, -2), 9n);
      return { durable: 9n };
    },
    statistics: async (address, { required: [mark] }) => {
      if (mark !== undefined) steps.push(`${address} applies ${mark.sequence} of ${mark.subject}`);
      return { shards: [ShardStatistics.fromPartial({ diskBytes: 100n })] };
    },
  });
  const log = {
    lastSequence: async () => 9n,
    state: async () => ({ bytes: 5, lastSequence: 11n }),
  } as unknown as ChangeLog;
  const truncation = { follow: async () => void steps.push('truncate') } as unknown as Truncation;
  const parts = { view: view as ClusterView, peers, log, truncation };
  return { answer: await flush(settings(), parts, deadlineOf()), steps };
}

describe('flushing', () => {
  it('lets the directory say all it has to, then every replica apply, seal and report, before the log is cut', async () => {
    const { answer, steps } = await run(['a', 'b']);
    assert.deepEqual(steps, [
      'a:1 commits 11',
      'b:1 commits 11',
      'a:1 applies 9 of shoal.u1.1.0',
      'a:1 seals',
      'b:1 applies 9 of shoal.u1.1.0',
      'b:1 seals',
      'wait for the replicas to report what they sealed',
      'wait for the directory to report what it committed',
      'truncate',
    ]);
    assert.deepEqual(answer, { durable: 11n, diskBytes: 105n });
  });

  it('of a collection without shards has nothing to seal', async () => {
    assert.deepEqual((await run([])).answer, { durable: 11n, diskBytes: 5n });
  });
});
