/**
 * One simulated process: the clock it sees, and its end. What a crashed process still computes reaches nobody.
 *
 * A crash happens inside any of the calls that a process makes of its environment; from then on its timers never fire and what it
 * waits for never comes, so that its code stands still for good.
 */
import type { Clock, Timer } from '../../../base/clock.js';
import type { Random } from '../../../base/random.js';
import type { Scheduler } from './scheduler.js';

/** Wall time at the beginning of every simulation. */
export const beginMs = Date.UTC(2026, 0, 1);

export class SimProcess {
  /** Name of the machine, which outlives the process. */
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  #isAlive = true;
  #skewMs: number;
  #lastMs = 0;
  readonly #onDeath = new Set<() => void>();

  constructor(name: string, scheduler: Scheduler, skewMs = 0) {
    this.name = name;
    this.scheduler = scheduler;
    this.#skewMs = skewMs;
    this.clock = {
      wallMs: () => Math.round(beginMs + scheduler.nowMs + this.#skewMs),
      monotonicMs: () => this.#monotonicMs(),
      after: (delayMs, task) => this.after(delayMs, task),
      pause: () => this.sleep(0.01 + scheduler.random.unit() * 0.1),
    };
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get random(): Random {
    return this.scheduler.random;
  }

  /** Moves the wall clock of this process by `ms`. */
  jump(ms: number): void {
    this.#skewMs += ms;
  }

  /** Runs `task` after `delayMs` unless the process has ended. */
  after(delayMs: number, task: () => void): Timer {
    return this.scheduler.after(delayMs, () => {
      if (this.#isAlive) task();
    });
  }

  /** Never resolves once the process has ended. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Calls `task` when the process ends, until the returned function is called. */
  onDeath(task: () => void): () => void {
    this.#onDeath.add(task);
    return () => this.#onDeath.delete(task);
  }

  /** Ends the process at this instant. Idempotent. */
  kill(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    for (const task of [...this.#onDeath]) task();
    this.#onDeath.clear();
  }

  /** Grows a little at every look, as on a real machine, where computing takes time too. */
  #monotonicMs(): number {
    this.#lastMs = Math.max(this.#lastMs, this.scheduler.nowMs) + 0.003;
    return this.#lastMs;
  }
}

/** What someone who has died waits for. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}
