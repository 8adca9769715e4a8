import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { Scheduler } from '../../../../encoder-node/batch/scheduler.js';
import type { Sequence } from '../../../../encoder-node/batch/sequence.js';
import type { FinishedBatch, Slot } from '../../../../encoder-node/model/session-pool.js';
import { FakeClock } from '../../../fake-clock.js';

const policy = { sequencesMax: 4, tokensMax: 100, paddingMax: 1.1 };
const never = new AbortController().signal;

function sequence(length: number): Sequence {
  return {
    ids: new Int32Array(length),
    attended: length,
    wantsDense: true,
    rows: null,
    isCoded: false,
    pooling: 1,
    side: 'documents',
  };
}

interface Batch {
  readonly lengths: readonly number[];
  readonly isQuery: boolean;
  finish(): void;
  fail(error: unknown): void;
}

/** A session with one place, whose batches the test finishes. */
function rig(queueMax = 100): { scheduler: Scheduler; batches: Batch[]; clock: FakeClock; state: { isDead: boolean } } {
  const clock = new FakeClock();
  const batches: Batch[] = [];
  const state = { isBusy: false, isDead: false };
  const slot: Slot = {
    run: (sequences, isQuery) => {
      state.isBusy = true;
      return new Promise<FinishedBatch>((resolve, reject) => {
        const results = sequences.map(({ ids }) => ({
          dense: Float32Array.of(ids.length),
          tokens: null,
          tokenCount: 0,
          features: null,
        }));
        const settle = (how: () => void) => (): void => {
          state.isBusy = false;
          how();
        };
        const lengths = sequences.map(({ ids }) => ids.length);
        const finish = settle(() => resolve({ results, runMs: 10 }));
        batches.push({ lengths, isQuery, finish, fail: (error) => settle(() => reject(error))() });
      });
    },
  };
  const free = (): Slot | null => {
    if (state.isDead) throw new ShoalError('UNAVAILABLE', 'every session has ended');
    return state.isBusy ? null : slot;
  };
  return { scheduler: new Scheduler({ slot: free, policy, queueMax, clock }), batches, clock, state };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the scheduler', () => {
  it('batches a request by length and answers in its order', async () => {
    const { scheduler, batches } = rig();
    const encoded = scheduler.encode([sequence(5), sequence(9), sequence(5)], false, never);
    assert.deepEqual(batches[0]?.lengths, [5, 5]);
    batches[0].finish();
    await turn();
    assert.deepEqual(batches[1]?.lengths, [9]);
    batches[1].finish();
    const { results } = await encoded;
    assert.deepEqual(
      results.map(({ dense }) => dense?.[0]),
      [5, 9, 5],
    );
  });

  it('lets a query overtake waiting documents', async () => {
    const { scheduler, batches } = rig();
    const documents = scheduler.encode([sequence(50), sequence(80)], false, never);
    const query = scheduler.encode([sequence(7)], true, never);
    batches[0]?.finish();
    await turn();
    assert.deepEqual([batches[1]?.lengths, batches[1]?.isQuery], [[7], true]);
    batches[1]?.finish();
    await query;
    batches[2]?.finish();
    await documents;
  });

  it('refuses what would overfill the queue, and takes it when there is room again', async () => {
    const { scheduler, batches } = rig(2);
    const first = scheduler.encode([sequence(5)], false, never);
    const second = scheduler.encode([sequence(6), sequence(7)], false, never);
    await assert.rejects(scheduler.encode([sequence(5)], false, never), {
      code: 'RESOURCE_EXHAUSTED',
      message: /would hold 3 texts, more than its limit of 2; send fewer at once, or try again later/,
    });
    for (let i = 0; i < 3; i++) {
      batches[i]?.finish();
      await turn();
    }
    await Promise.all([first, second]);
    assert.equal(scheduler.depth, 0);
  });

  it('drops what a caller who gave up had waiting', async () => {
    const { scheduler, batches } = rig();
    const controller = new AbortController();
    const running = scheduler.encode([sequence(5)], false, never);
    const waiting = scheduler.encode([sequence(6)], false, controller.signal);
    controller.abort(new ShoalError('CANCELLED', 'gone'));
    await assert.rejects(waiting, { code: 'CANCELLED' });
    batches[0]?.finish();
    await running;
    await turn();
    assert.equal(batches.length, 1);
  });

  it('makes room for others where callers gave up', async () => {
    const { scheduler, batches } = rig(1);
    const controller = new AbortController();
    const running = scheduler.encode([sequence(5)], false, never);
    const waiting = scheduler.encode([sequence(6)], false, controller.signal);
    controller.abort(new ShoalError('CANCELLED', 'gone'));
    await assert.rejects(waiting, { code: 'CANCELLED' });
    const next = scheduler.encode([sequence(8)], false, never);
    batches[0]?.finish();
    await turn();
    batches[1]?.finish();
    await Promise.all([running, next]);
  });

  it('starts nothing for a caller who is gone already', async () => {
    const { scheduler, batches } = rig();
    const gone = AbortSignal.abort(new ShoalError('DEADLINE_EXCEEDED', 'late'));
    await assert.rejects(scheduler.encode([sequence(5)], false, gone), { code: 'DEADLINE_EXCEEDED' });
    assert.equal(batches.length, 0);
  });

  it('tells a batch’s failure to its callers and goes on', async () => {
    const { scheduler, batches } = rig();
    const first = scheduler.encode([sequence(5)], false, never);
    const second = scheduler.encode([sequence(9)], false, never);
    batches[0]?.fail(new ShoalError('INTERNAL', 'broken'));
    await assert.rejects(first, { code: 'INTERNAL', message: 'broken' });
    await turn();
    batches[1]?.finish();
    assert.equal((await second).results.length, 1);
  });

  it('says UNAVAILABLE when no session is left', async () => {
    const { scheduler, state } = rig();
    state.isDead = true;
    await assert.rejects(scheduler.encode([sequence(5)], false, never), { code: 'UNAVAILABLE' });
    assert.equal(scheduler.depth, 0);
  });

  it('counts tokens with and without padding', async () => {
    const { scheduler, batches } = rig();
    const encoded = scheduler.encode([sequence(20), sequence(21)], false, never);
    batches[0]?.finish();
    await encoded;
    assert.deepEqual(scheduler.totals, { real: 41, padded: 42, batches: 1 });
  });

  it('measures how long a text waited and worked', async () => {
    const { scheduler, batches, clock } = rig();
    const first = scheduler.encode([sequence(5)], false, never);
    const second = scheduler.encode([sequence(9)], false, never);
    await clock.advance(30);
    batches[0]?.finish();
    await turn();
    batches[1]?.finish();
    assert.deepEqual([(await first).queueMs, (await second).queueMs, (await second).inferenceMs], [0, 30, 10]);
  });

  it('is drained when everything is answered', async () => {
    const { scheduler, batches } = rig();
    const encoded = scheduler.encode([sequence(5), sequence(9)], false, never);
    let isDrained = false;
    const drained = scheduler.drain().then(() => (isDrained = true));
    batches[0]?.finish();
    await turn();
    assert.equal(isDrained, false);
    batches[1]?.finish();
    await Promise.all([encoded, drained]);
    assert.equal(scheduler.depth, 0);
  });
});
