import assert from 'node:assert/strict';
import { pause, runJob } from '../../../kernels/job.js';

describe('a kernel job', () => {
  it('gives the answer of its work', async () => {
    assert.equal(await runJob(undefined, () => Promise.resolve(7)), 7);
  });

  it('does not start for a signal that has aborted', async () => {
    let isStarted = false;
    const job = runJob(AbortSignal.abort(), () => {
      isStarted = true;
      return Promise.resolve(0);
    });
    await assert.rejects(job, { code: 'CANCELLED' });
    assert.equal(isStarted, false);
  });

  it('is CANCELLED at once when its signal aborts, with its stop sign set', async () => {
    const abort = new AbortController();
    let sign: Uint8Array = new Uint8Array(0);
    const job = runJob(abort.signal, (cancel) => {
      sign = cancel;
      return new Promise(() => undefined);
    });
    abort.abort();
    await assert.rejects(job, { code: 'CANCELLED' });
    assert.deepEqual([...sign], [1]);
  });

  it('is CANCELLED when its work says that it was stopped', async () => {
    await assert.rejects(
      runJob(undefined, () => Promise.resolve(-1)),
      { code: 'CANCELLED' },
    );
  });

  it('passes on what its work throws, at once or later', async () => {
    const failure = new Error('broken');
    await assert.rejects(
      runJob(undefined, () => Promise.reject(failure)),
      failure,
    );
    await assert.rejects(
      runJob(undefined, () => {
        throw failure;
      }),
      failure,
    );
  });

  it('lets others run while it pauses', async () => {
    let isRun = false;
    setImmediate(() => (isRun = true));
    await pause();
    assert.equal(isRun, true);
  });
});
