import assert from 'node:assert/strict';
import { trainAll } from '../../../../../client/cli/eval/train-all.js';
import type { ShoalClient } from '../../../../../client/sdk/connect.js';
import { systemClock } from '../../../../../base/clock.js';

/** A cluster that trains at once, and whose one replica is, at every look, as the next of `states` says; the last one stays. */
function clusterOf(states: readonly { structureVersion: number; olderRows: number }[], published = true) {
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
      shards: async () => ({ shards: [{ replicas: [states[Math.min(state.looks++, states.length - 1)]] }] }),
    },
  } as unknown as ShoalClient;
  return { client, state };
}

const options = { collection: 'notes', clock: systemClock, onProgress: () => undefined };

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

  it('ends with an error at the first one that is not published', async () => {
    const { client, state } = clusterOf([], false);
    await assert.rejects(trainAll(client, { ...options, methods: ['structure', 'other'] }), {
      code: 'FAILED_PRECONDITION',
      message: "the structure of 'notes' is not published: it would find less",
    });
    assert.deepEqual(state.methods, ['structure']);
  });
});
