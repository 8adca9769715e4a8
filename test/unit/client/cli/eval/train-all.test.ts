import assert from 'node:assert/strict';
import { trainAll } from '../../../../../client/cli/eval/train-all.js';
import type { ShoalClient } from '../../../../../client/sdk/connect.js';
import { systemClock } from '../../../../../base/clock.js';

/** A cluster that trains at once, and whose one replica is, at every look, as the next of `states` says; the last one stays. */
function clusterOf(
  states: readonly { structureVersion: number; olderRows: number }[],
  published = true,
  further: object[] = [],
) {
  const state = { methods: [] as string[], looks: 0 };
  const client = {
    training: {
      train: async (_: string, { method }: { method: string }) => {
        state.methods.push(method);
        const codebook = { structureVersion: state.methods.length };
        return { published, reason: published ? '' : 'it would find less', codebook };
      },
    },
    cluster: {
      shards: async () => {
        const next = states[Math.min(state.looks++, states.length - 1)];
        return { shards: [{ shard: 0, replicas: [...further, { node: 'a', state: 'ready', ...next }] }] };
      },
    },
  } as unknown as ShoalClient;
  return { client, state };
}

const options = { collection: 'notes', seed: 5, clock: systemClock, onProgress: () => undefined };

describe('training before an evaluation', () => {
  it('goes through the methods in order, and ends when everything is re-encoded', async () => {
    const { client, state } = clusterOf([
      { structureVersion: 0, olderRows: 0 },
      { structureVersion: 1, olderRows: 9 },
      { structureVersion: 1, olderRows: 0 },
      { structureVersion: 2, olderRows: 0 },
    ]);
    await trainAll(client, { ...options, methods: ['structure', 'other'] });
    assert.deepEqual(state, { methods: ['structure', 'other'], looks: 4 });
  });

  it('waits for no replica that does not serve', async () => {
    const away = { node: 'b', state: 'away', structureVersion: 0, olderRows: 0 };
    const { client, state } = clusterOf([{ structureVersion: 1, olderRows: 0 }], true, [away]);
    await trainAll(client, { ...options, methods: ['structure'] });
    assert.equal(state.looks, 1);
  });

  it('ends with an error that names the replica which does not re-encode', async () => {
    const { client } = clusterOf([{ structureVersion: 1, olderRows: 5 }]);
    await assert.rejects(trainAll(client, { ...options, methods: ['structure'], waitMs: 0 }), {
      code: 'DEADLINE_EXCEEDED',
      message: /shard 0 on node a \(ready\) of 'notes' has not .* structure 1; `shoal status` says/,
    });
    const alone = clusterOf([{ structureVersion: 1, olderRows: 0, state: 'away' } as never]);
    const train = trainAll(alone.client, { ...options, methods: ['structure'], waitMs: 0 });
    await assert.rejects(train, { code: 'DEADLINE_EXCEEDED', message: /node a \(away\)/ });
  });

  it('ends with an error at the first one that is not published', async () => {
    const { client, state } = clusterOf([], false);
    await assert.rejects(trainAll(client, { ...options, methods: ['structure', 'other'] }), {
      code: 'FAILED_PRECONDITION',
      message: "the structure of 'notes' is not published: it would find less",
    });
    assert.deepEqual(state.methods, ['structure']);
  });
});
