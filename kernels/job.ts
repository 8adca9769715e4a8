/** Jobs off the event loop: how one is cancelled, and how a portable one lets others run. */
import { ShoalError } from '../base/errors.js';

/**
 * Runs `start` with its stop sign, uint8[1], and gives its answer. CANCELLED as soon as `signal` aborts: the sign is set, and the job
 * ends by itself at its next look. It keeps its own arrays, so the caller need not wait for it.
 */
export function runJob(
  signal: AbortSignal | undefined,
  start: (cancel: Uint8Array) => Promise<number>,
): Promise<number> {
  const cancel = new Uint8Array(1);
  if (signal?.aborted === true) return Promise.reject(cancelled());
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      cancel[0] = 1;
      reject(cancelled());
    };
    signal?.addEventListener('abort', stop, { once: true });
    start(cancel)
      .then((answer) => (answer < 0 ? reject(cancelled()) : resolve(answer)), reject)
      .finally(() => signal?.removeEventListener('abort', stop));
  });
}

/** Lets the event loop turn once. Portable jobs call it between blocks, so that others, and a cancel, come through. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function cancelled(): ShoalError {
  return new ShoalError('CANCELLED', 'the caller gave up while a kernel was running');
}
