/** Long work in short slices: the event loop is given back about every millisecond, so that queries are answered meanwhile. */
import type { Clock } from '../../base/clock.js';

const sliceMs = 0.7;

export class Slices {
  readonly #clock: Clock;
  readonly #between: () => Promise<void>;
  #startedMs: number;

  /** `between` runs after each slice: what must not wait for the end of the work. */
  constructor(clock: Clock, between: () => Promise<void> = () => Promise.resolve()) {
    this.#clock = clock;
    this.#between = between;
    this.#startedMs = clock.monotonicMs();
  }

  /** Whether the slice is used up; then await `pause`. Cheap enough to ask every few rows. */
  get isOver(): boolean {
    return this.#clock.monotonicMs() - this.#startedMs >= sliceMs;
  }

  /** Gives the event loop back when the slice is used up. */
  async pause(): Promise<void> {
    if (!this.isOver) return;
    await this.#clock.pause();
    await this.#between();
    this.#startedMs = this.#clock.monotonicMs();
  }
}
