/** When a partition stores what is settled: soon, many records at once, one commit after another. */
import type { Clock, Timer } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import { Slices } from '../../vector-index/maintenance/slices.js';
import type { PartitionState } from './partition-state.js';

export interface CommitterParts {
  readonly state: PartitionState;
  readonly clock: Clock;
  /** What is settled is stored after this time at the latest. */
  readonly everyMs: number;
  /** And as soon as so many entries have changed. */
  readonly entriesMax: number;
  readonly onCommitted: () => void;
  /** The disk has no room, or has it again (null); the commit will be tried again. */
  readonly onHindrance: (error: ShoalError | null) => void;
  readonly onFailure: (error: unknown) => void;
}

export class Committer {
  readonly #parts: CommitterParts;
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #isHindered = false;
  #isClosed = false;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
  }

  /** Something was settled. */
  note(): void {
    const { state, entriesMax, everyMs } = this.#parts;
    if (this.#isClosed || this.#running !== null || state.settled === state.committed) return;
    if (state.changed >= entriesMax && !this.#isHindered) this.#start();
    else this.#timer ??= this.#parts.clock.after(everyMs, () => this.#start());
  }

  /** Begins no further commit and resolves when the one under way has ended. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #start(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#running ??= this.#commit().finally(() => {
      this.#running = null;
      this.note();
    });
  }

  /** Never rejects. */
  async #commit(): Promise<void> {
    const { state, clock, onCommitted, onHindrance, onFailure } = this.#parts;
    try {
      await state.commit(state.settled, new Slices(clock));
      if (this.#isHindered) onHindrance(null);
      this.#isHindered = false;
      onCommitted();
    } catch (thrown) {
      const error = ShoalError.from(thrown);
      if (error.code === 'RESOURCE_EXHAUSTED') {
        this.#isHindered = true;
        onHindrance(error);
      } else {
        this.#isClosed = true;
        onFailure(error);
      }
    }
  }
}
