/** Callers that wait until something holds, each by its own deadline. */
import type { Deadline } from './deadline.js';

export class Waiters {
  readonly #wakes = new Set<() => void>();

  /** Everybody looks again. */
  wake(): void {
    for (const wake of [...this.#wakes]) wake();
  }

  /** Resolves once `holds` gives true; what it throws ends the wait, and so does the end of `deadline`. */
  async until(holds: () => boolean, deadline: Deadline): Promise<void> {
    while (!holds()) {
      deadline.check();
      await this.next(deadline.signal);
    }
  }

  /** Resolves at the next `wake`, or when `signal` aborts before. */
  next(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakes.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#wakes.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}
