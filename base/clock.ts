/** Time as a parameter. Nothing outside this file reads the system's clock or sets a bare timer. */

/** A timer that was set; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds of wall time since 1970; may jump. For records that people read. */
  wallMs(): number;
  /** Milliseconds that only grow, with a fraction, from an arbitrary start. For durations and deadlines. */
  monotonicMs(): number;
  /** Calls `task` once after `delayMs`. Does not keep the process alive. */
  after(delayMs: number, task: () => void): Timer;
  /** Gives other work a turn: resolves once what waits already, input and output too, has been looked at. Keeps the process alive. */
  pause(): Promise<void>;
}

/** The clock of the operating system. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, task) {
    const handle = setTimeout(task, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
  pause: () => new Promise((resolve) => setImmediate(resolve)),
};

/** Resolves after `delayMs` of `clock`, at once when `signal` aborts. Keeps nothing alive by itself. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(delayMs, finish);
    signal?.addEventListener('abort', finish, { once: true });
    if (signal?.aborted === true) finish();
    function finish(): void {
      timer.cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    }
  });
}
