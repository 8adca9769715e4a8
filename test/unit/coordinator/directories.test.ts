/** An id belongs to exactly one partition, and any ready copy of it may be asked. */
import assert from 'node:assert/strict';
import { ShoalError, type ErrorCode } from '../../../base/errors.js';
import { hashText } from '../../../base/hash.js';
import { applyEvents, emptyClusterMap, type ClusterMap } from '../../../cluster/shard-map/cluster-map.js';
import { keys } from '../../../cluster/keys.js';
import { atPartition, byPartition, hashRangeOf, readyCopies } from '../../../coordinator/directories.js';
import { DirectoryPlacement, DirectoryState, Node } from '../../../proto/generated/shoal/v1/cluster.js';
import { deadlineOf, partitionOf, shardNode, uid, viewOf } from './fixtures.js';

function mapOf(partitions: number, nodes: readonly string[] = ['s1'], ready: readonly string[] = nodes): ClusterMap {
  const entries: [string, Uint8Array][] = nodes.map((id) => [keys.node(id), Node.encode(shardNode(id)).finish()]);
  for (let partition = 0; partition < partitions; partition += 1) {
    const { first, last } = hashRangeOf(partition, partitions);
    const range = { hashFirst: first, hashLast: last };
    const placement = DirectoryPlacement.fromPartial({ uid, partition, nodes: [...nodes], ...range });
    entries.push([keys.directory(uid, partition), DirectoryPlacement.encode(placement).finish()]);
    for (const node of nodes) {
      const state = DirectoryState.fromPartial({
        uid,
        partition,
        node,
        state: ready.includes(node) ? 'ready' : 'loading',
      });
      entries.push([keys.directoryState(uid, partition, node), DirectoryState.encode(state).finish()]);
    }
  }
  const events = entries.map(([key, value]) => ({ kind: 'put', entry: { key, value, revision: 1n } }) as const);
  return applyEvents(emptyClusterMap, events);
}

const ids = Array.from({ length: 500 }, (_, i) => `document-${i}`);

describe('the ranges of partitions', () => {
  it('cover every hash once', () => {
    for (const count of [1, 2, 3, 7, 64]) {
      let next = 0n;
      for (let partition = 0; partition < count; partition += 1) {
        const { first, last } = hashRangeOf(partition, count);
        assert.equal(first, next);
        next = last + 1n;
      }
      assert.equal(next, 2n ** 64n);
    }
  });
});

describe('the partition of an id', () => {
  it('is the one whose range holds its hash', () => {
    const map = mapOf(3);
    for (const id of ids) {
      const { hashFirst, hashLast } = partitionOf(map, uid, id);
      assert.ok(hashFirst <= hashText(id) && hashText(id) <= hashLast);
    }
  });

  it('groups ids, each in one group, in their order', () => {
    const map = mapOf(3);
    const groups = byPartition(map, uid, ids);
    assert.deepEqual(
      groups.map(({ placement }) => placement.partition),
      [0, 1, 2],
    );
    assert.deepEqual(
      groups.flatMap(({ positions }) => positions).sort((a, b) => a - b),
      ids.map((_, i) => i),
    );
    for (const { placement, positions } of groups) {
      for (const at of positions) assert.equal(partitionOf(map, uid, ids[at]!).partition, placement.partition);
    }
  });

  it('leaves out partitions without an id', () => {
    assert.equal(byPartition(mapOf(3), uid, ['a']).length, 1);
    assert.deepEqual(byPartition(mapOf(1), uid, []), []);
    assert.deepEqual(byPartition(mapOf(1), uid, ['a', 'b'])[0]?.positions, [0, 1]);
  });

  it('is UNAVAILABLE where there is no directory', () => {
    assert.throws(() => partitionOf(emptyClusterMap, uid, 'a'), { code: 'UNAVAILABLE' });
  });
});

describe('asking a partition', () => {
  const ask = (map: ClusterMap, answers: Readonly<Record<string, string | ErrorCode>>): Promise<string> =>
    atPartition(partitionOf(map, uid, 'a'), viewOf(map), deadlineOf(), async (address) => {
      const answer = answers[address] ?? '';
      if (answer === answer.toUpperCase()) throw new ShoalError(answer as ErrorCode, 'no');
      return answer;
    });

  it('goes to a ready copy', async () => {
    const map = mapOf(1, ['s1', 's2'], ['s2']);
    assert.deepEqual(readyCopies(map, partitionOf(map, uid, 'a')), ['s2:1']);
    assert.equal(await ask(map, { 's2:1': 'yes' }), 'yes');
  });

  it('goes on to the next copy where one fails', async () => {
    assert.equal(await ask(mapOf(1, ['s1', 's2']), { 's1:1': 'UNAVAILABLE', 's2:1': 'yes' }), 'yes');
  });

  it('is UNAVAILABLE where no copy answers, and says why', async () => {
    await assert.rejects(ask(mapOf(1, ['s1'], []), {}), { code: 'UNAVAILABLE', message: /it has no ready copy/ });
    await assert.rejects(ask(mapOf(1), { 's1:1': 'UNAVAILABLE' }), { code: 'UNAVAILABLE', message: /: no$/ });
  });

  it('ends with an error that every copy would give', async () => {
    await assert.rejects(ask(mapOf(1, ['s1', 's2']), { 's1:1': 'OUT_OF_RANGE', 's2:1': 'yes' }), {
      code: 'OUT_OF_RANGE',
    });
  });
});
