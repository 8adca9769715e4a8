/** How long each step of a search took. */
import type { Clock } from '../../base/clock.js';

export interface StepTimes {
  readonly encodeMs: number;
  readonly routeMs: number;
  readonly scatterMs: number;
  readonly mergeMs: number;
  readonly rerankMs: number;
  readonly fetchMs: number;
  readonly totalMs: number;
}

export type Step = Exclude<keyof StepTimes, 'totalMs'>;

export class Stopwatch {
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #laps = new Map<Step, number>();
  #lapMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startMs = clock.monotonicMs();
    this.#lapMs = this.#startMs;
  }

  /** The time since the last lap was spent on `step`. */
  lap(step: Step): void {
    const now = this.#clock.monotonicMs();
    this.#laps.set(step, now - this.#lapMs);
    this.#lapMs = now;
  }

  /** The laps, and the whole time until now. */
  times(): StepTimes {
    const of = (step: Step): number => this.#laps.get(step) ?? 0;
    return {
      encodeMs: of('encodeMs'),
      routeMs: of('routeMs'),
      scatterMs: of('scatterMs'),
      mergeMs: of('mergeMs'),
      rerankMs: of('rerankMs'),
      fetchMs: of('fetchMs'),
      totalMs: this.#clock.monotonicMs() - this.#startMs,
    };
  }
}
