/** Runs that stay open while somebody reads them, though newer ones have taken their place; their files may be gone already. */
import type { Run } from './run.js';

export class HeldRuns {
  /** How often each is held. */
  readonly #holds = new Map<Run, number>();
  readonly #isInUse: (run: Run) => boolean;

  /** `isInUse` tells runs that the store reads by itself, and closes. */
  constructor(isInUse: (run: Run) => boolean) {
    this.#isInUse = isInUse;
  }

  /** Keeps `runs` open until the function returned is called; that is idempotent. */
  hold(runs: readonly Run[]): () => void {
    for (const run of runs) this.#holds.set(run, (this.#holds.get(run) ?? 0) + 1);
    const held = new Set(runs);
    return () => {
      for (const run of held) this.#release(run);
      held.clear();
    };
  }

  /** Closes `run`, which the store does not read any more, as soon as nobody holds it. */
  close(run: Run): void {
    if (!this.#holds.has(run)) run.close();
  }

  /** Closes whatever is held. */
  closeAll(): void {
    for (const run of this.#holds.keys()) run.close();
    this.#holds.clear();
  }

  #release(run: Run): void {
    const count = this.#holds.get(run);
    if (count === undefined) return;
    if (count > 1) this.#holds.set(run, count - 1);
    else this.#holds.delete(run);
    if (count === 1 && !this.#isInUse(run)) run.close();
  }
}
