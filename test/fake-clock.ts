/** A clock that only tests move: timers fire when the test advances time past them, in the order of their instants. */
import type { Clock, Timer } from '../base/clock.js';

export class FakeClock implements Clock {
  #nowMs = 0;
  #wallSkewMs = 0;
  #nextNumber = 0;
  readonly #timers = new Map<number, { readonly atMs: number; readonly task: () => void }>();

  /** Wall time starts at 2026-01-01 and runs with the monotonic time. */
  wallMs(): number {
    return Date.UTC(2026, 0, 1) + this.#nowMs + this.#wallSkewMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, task: () => void): Timer {
    const number = this.#nextNumber++;
    this.#timers.set(number, { atMs: this.#nowMs + delayMs, task });
    return { cancel: () => void this.#timers.delete(number) };
  }

  /** A turn of the event loop; time stands still. */
  pause(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Timers that were set and neither fired nor cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time by `ms` and fires nothing, as for a process that was stopped. */
  jump(ms: number): void {
    this.#nowMs += ms;
  }

  /** Moves the wall time alone, as for a machine that slept. */
  jumpWall(ms: number): void {
    this.#wallSkewMs += ms;
  }

  /** Moves time by `ms`, firing what falls due on the way, and lets promises settle after each. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (let due = this.#nextDue(untilMs); due !== null; due = this.#nextDue(untilMs)) {
      const [number, timer] = due;
      this.#timers.delete(number);
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      timer.task();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#nowMs = untilMs;
  }

  #nextDue(untilMs: number): [number, { readonly atMs: number; readonly task: () => void }] | null {
    const due = [...this.#timers].filter(([, timer]) => timer.atMs <= untilMs);
    return due.sort((a, b) => a[1].atMs - b[1].atMs || a[0] - b[0])[0] ?? null;
  }
}
