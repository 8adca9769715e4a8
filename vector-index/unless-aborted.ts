/** Waiting for what goes on without those who wait. */

/** Settles as `task` does; rejects with the signal's reason as soon as that aborts. */
export async function unlessAborted(task: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return task;
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<void>((resolve) => (stop = resolve));
  signal.addEventListener('abort', stop, { once: true });
  try {
    await Promise.race([task, aborted]);
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
