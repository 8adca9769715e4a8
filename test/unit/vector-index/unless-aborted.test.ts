import assert from 'node:assert/strict';
import { unlessAborted } from '../../../vector-index/unless-aborted.js';

const never = new Promise<void>(() => undefined);

describe('waiting unless aborted', () => {
  it('ends as the task does', async () => {
    const { signal } = new AbortController();
    for (const each of [signal, undefined]) {
      await unlessAborted(Promise.resolve(), each);
      await assert.rejects(unlessAborted(Promise.reject(new Error('no')), each), /no/);
    }
  });

  it('ends with the reason of the signal, whether that came before or comes later', async () => {
    await assert.rejects(unlessAborted(never, AbortSignal.abort(new Error('before'))), /before/);
    const controller = new AbortController();
    const waiting = unlessAborted(never, controller.signal);
    controller.abort(new Error('later'));
    await assert.rejects(waiting, /later/);
  });
});
