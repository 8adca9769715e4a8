import assert from 'node:assert/strict';
import { runInThread } from '../../../../shard-node/training/thread.js';
import { circle, noLeavings } from './small-structures.js';

const task = () => ({
  ...{ dim: 2, vectors: circle(1_000), shortQueries: new Float32Array(0), documents: 1_000, seed: 1 },
  ...{ targetRecall: 0.9, serving: null },
});

describe('the thread of a training', function () {
  this.timeout(20_000);

  it('trains, and tells how far it is', async () => {
    const steps: string[] = [];
    const files = await runInThread(task(), (step) => steps.push(step), new AbortController().signal, noLeavings);
    assert.ok(files.lists > 1 && files.heldOutAfter >= 0.9);
    assert.ok(steps.includes('evaluating'));
  });

  it('gives the error of a training that fails', async () => {
    const broken = { ...task(), vectors: new Float32Array(2_000).fill(Number.NaN) };
    const run = runInThread(broken, () => undefined, new AbortController().signal, noLeavings);
    await assert.rejects(run, { name: 'ShoalError', code: 'INVALID_ARGUMENT' });
  });

  it('ends at once when nobody wants its result', async () => {
    const stop = new AbortController();
    const run = runInThread(task(), () => stop.abort(), stop.signal, noLeavings);
    await assert.rejects(run, { code: 'CANCELLED' });
    await assert.rejects(runInThread(task(), () => undefined, AbortSignal.abort(), noLeavings));
  });
});
