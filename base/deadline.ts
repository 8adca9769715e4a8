/**
 * How long a call may take: an instant on a monotonic clock, and the signal that fires when it passes or the caller gives up.
 *
 * A deadline is passed on, never renewed; `within` only shortens. Whoever makes one closes it, so that no timer is left behind.
 */
import { setMaxListeners } from 'node:events';
import { ShoalError } from './errors.js';
import type { Clock, Timer } from './clock.js';

/** The longest deadline in milliseconds, 24 days: a longer timer would fire at once. */
const deadlineMsMax = 2 ** 31 - 1;

export class Deadline {
  /** Aborts when time is up or `cancel` was called; its reason is a ShoalError. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The instant at which time is up, on `clock.monotonicMs()`. */
  readonly atMs: number;
  readonly #controller = new AbortController();
  readonly #timer: Timer;
  readonly #detach: () => void;

  private constructor(clock: Clock, atMs: number, parent: AbortSignal | undefined) {
    this.clock = clock;
    this.atMs = Math.min(atMs, clock.monotonicMs() + deadlineMsMax);
    this.signal = this.#controller.signal;
    // One deadline is followed by every call of a scatter, which Node would take for a leak above ten.
    setMaxListeners(0, this.signal);
    this.#timer = clock.after(Math.max(0, this.atMs - clock.monotonicMs()), () => this.#expire());
    const follow = (): void => this.cancel(parent?.reason);
    parent?.addEventListener('abort', follow, { once: true });
    this.#detach = () => parent?.removeEventListener('abort', follow);
    if (parent?.aborted === true) follow();
  }

  /** A deadline `ms` milliseconds from now (24 days at most); also ends when `parent` aborts. */
  static after(clock: Clock, ms: number, parent?: AbortSignal): Deadline {
    return new Deadline(clock, clock.monotonicMs() + ms, parent);
  }

  /** A deadline at most `ms` from now that never outlives this one. */
  within(ms: number): Deadline {
    return new Deadline(this.clock, Math.min(this.atMs, this.clock.monotonicMs() + ms), this.signal);
  }

  /** Milliseconds left; 0 when time is up. */
  remainingMs(): number {
    return Math.max(0, this.atMs - this.clock.monotonicMs());
  }

  /** Throws DEADLINE_EXCEEDED or CANCELLED when the call should not go on. */
  check(): void {
    if (!this.signal.aborted && this.remainingMs() === 0) this.#expire();
    if (this.signal.aborted) throw ShoalError.from(this.signal.reason);
  }

  /** The caller gave up; everything that follows this deadline ends. */
  cancel(reason?: unknown): void {
    const why = reason instanceof ShoalError ? reason : new ShoalError('CANCELLED', 'the caller cancelled the call');
    this.#controller.abort(why);
    this.close();
  }

  /** Drops the timer. Idempotent; the signal never fires afterwards. */
  close(): void {
    this.#timer.cancel();
    this.#detach();
  }

  #expire(): void {
    this.#controller.abort(new ShoalError('DEADLINE_EXCEEDED', 'the deadline passed before the call was done'));
    this.close();
  }
}
