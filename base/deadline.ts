/**
 * How long a call may take: an instant on a monotonic clock, and who is told when it passes or the caller gives up.
 *
 * A deadline is passed on, never renewed; `within` only shortens. Whoever makes one closes it, so that no timer is left behind.
 */
import { setMaxListeners } from 'node:events';
import { ShoalError } from './errors.js';
import type { Clock, Timer } from './clock.js';

/** The longest deadline in milliseconds, 24 days: a longer timer would fire at once. */
const deadlineMsMax = 2 ** 31 - 1;

export class Deadline {
  readonly clock: Clock;
  /** The instant at which time is up, on `clock.monotonicMs()`. */
  readonly atMs: number;
  readonly #followers = new Set<(why: ShoalError) => void>();
  /** Made when first asked for: a signal costs more than the rest. */
  #controller: AbortController | null = null;
  #ended: ShoalError | null = null;
  readonly #timer: Timer;
  #detach: () => void = () => undefined;

  private constructor(clock: Clock, atMs: number) {
    this.clock = clock;
    const nowMs = clock.monotonicMs();
    this.atMs = Math.min(atMs, nowMs + deadlineMsMax);
    // The clock has fractions, so that the difference may come out above the most that was added.
    const leftMs = Math.min(deadlineMsMax, Math.max(0, this.atMs - nowMs));
    this.#timer = clock.after(leftMs, () => this.#expire());
  }

  /** Aborts when time is up or `cancel` was called; its reason is a ShoalError. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      // One deadline is followed by all that a call waits for, which Node would take for a leak above ten.
      setMaxListeners(0, this.#controller.signal);
      if (this.#ended !== null) this.#controller.abort(this.#ended);
    }
    return this.#controller.signal;
  }

  /** Why `signal` has aborted, or null while it has not. */
  get ended(): ShoalError | null {
    return this.#ended;
  }

  /** A deadline `ms` milliseconds from now (24 days at most); also ends when `parent` aborts. */
  static after(clock: Clock, ms: number, parent?: AbortSignal): Deadline {
    const deadline = new Deadline(clock, clock.monotonicMs() + ms);
    if (parent !== undefined) deadline.#followSignal(parent);
    return deadline;
  }

  /** A deadline at most `ms` from now that never outlives this one. */
  within(ms: number): Deadline {
    const part = new Deadline(this.clock, Math.min(this.atMs, this.clock.monotonicMs() + ms));
    if (this.#ended === null) part.#detach = this.onEnd((why) => part.cancel(why));
    else part.cancel(this.#ended);
    return part;
  }

  /**
   * Calls `task`, which must not throw, with the reason when time is up or `cancel` was called, unless the returned function is called
   * before; never when the deadline has `ended` already. Costs far less than `signal`, which is for those who want one.
   */
  onEnd(task: (why: ShoalError) => void): () => void {
    this.#followers.add(task);
    return () => this.#followers.delete(task);
  }

  /** Milliseconds left; 0 when time is up. */
  remainingMs(): number {
    return Math.max(0, this.atMs - this.clock.monotonicMs());
  }

  /** Throws DEADLINE_EXCEEDED or CANCELLED when the call should not go on. */
  check(): void {
    if (this.#ended === null && this.remainingMs() === 0) this.#expire();
    if (this.#ended !== null) throw this.#ended;
  }

  /** The caller gave up; everything that follows this deadline ends. */
  cancel(reason?: unknown): void {
    this.#end(reason instanceof ShoalError ? reason : new ShoalError('CANCELLED', 'the caller cancelled the call'));
  }

  /** Drops the timer. Idempotent; time running out never ends the deadline afterwards. */
  close(): void {
    this.#timer.cancel();
    this.#detach();
  }

  #followSignal(parent: AbortSignal): void {
    const follow = (): void => this.cancel(parent.reason);
    if (parent.aborted) return follow();
    parent.addEventListener('abort', follow, { once: true });
    this.#detach = () => parent.removeEventListener('abort', follow);
  }

  #expire(): void {
    this.#end(new ShoalError('DEADLINE_EXCEEDED', 'the deadline passed before the call was done'));
  }

  #end(why: ShoalError): void {
    this.close();
    if (this.#ended !== null) return;
    this.#ended = why;
    for (const follower of this.#followers) follower(why);
    this.#followers.clear();
    this.#controller?.abort(why);
  }
}
