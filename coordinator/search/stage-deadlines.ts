/**
 * How a search's time is shared: an early stage may use a part of what is left, so that a slow shard becomes a hole in the answer
 * while there is still time to fetch the others' hits.
 */
import type { Deadline } from '../../base/deadline.js';

export class StageDeadlines {
  readonly #whole: Deadline;
  readonly #stages: Deadline[] = [];

  constructor(whole: Deadline) {
    this.#whole = whole;
  }

  /** A deadline after `share` (0 to 1) of the time that is left. */
  take(share: number): Deadline {
    const stage = this.#whole.within(this.#whole.remainingMs() * share);
    this.#stages.push(stage);
    return stage;
  }

  /** Drops the timers. */
  close(): void {
    for (const stage of this.#stages) stage.close();
  }
}
