/**
 * The one event loop of a simulation: everything that takes time is an event on a virtual clock, run in one fixed order.
 *
 * Between two events all promises settle; nothing reads a real clock or does real input or output, so that a seed decides all that
 * happens. `hash` sums up what happened: two runs of one seed have the same.
 */
import { seededRandom, type Random } from '../../../base/random.js';
import { hashOfText, mix } from './event-hash.js';

export interface Scheduled {
  cancel(): void;
}

class Event implements Scheduled {
  readonly atMs: number;
  readonly number: number;
  task: (() => void) | null;

  constructor(atMs: number, number: number, task: () => void) {
    this.atMs = atMs;
    this.number = number;
    this.task = task;
  }

  cancel(): void {
    this.task = null;
  }
}

/** Runs everything that waits in the queues of promises and ticks. Node has it, its types do not. */
const settlePromises = (process as unknown as { _tickCallback(): void })._tickCallback;

export class Scheduler {
  readonly random: Random;
  #nowMs = 0;
  #number = 0;
  #hash = 0x1505;
  #events = 0;
  readonly #heap: Event[] = [];
  readonly #failures: unknown[] = [];

  constructor(seed: number) {
    this.random = seededRandom(spread(seed));
  }

  /** Virtual milliseconds since the simulation began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Events run so far. */
  get events(): number {
    return this.#events;
  }

  /** Sums up every event and every note so far. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }

  /** Takes `text` into the hash. */
  note(text: string): void {
    this.#hash = mix(this.#hash, hashOfText(text));
  }

  /** Runs `task` once, `delayMs` from now; at one instant in the order of asking. */
  after(delayMs: number, task: () => void): Scheduled {
    const event = new Event(this.#nowMs + Math.max(0, delayMs), this.#number++, task);
    push(this.#heap, event);
    return event;
  }

  /** Resolves after `delayMs`. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Ends the run with `error`. */
  fail(error: unknown): void {
    this.#failures.push(error);
  }

  /**
   * Runs events until `main` has settled, and gives what it gave. Rejects too when nothing is left to run before, or when `fail` was
   * called. Real turns of Node's event loop pass only now and then.
   */
  async run<T>(main: () => Promise<T>, eventsMax = 5_000_000): Promise<T> {
    // A turn of its own: promises settle only where none is being settled already.
    await new Promise((resolve) => setImmediateOfNode(resolve));
    return new Promise<T>((resolve, reject) => {
      setImmediateOfNode(() => {
        const end: { settle: (() => void) | null } = { settle: null };
        main().then(
          (value) => (end.settle = () => resolve(value)),
          (error: unknown) => (end.settle = () => reject(error as Error)),
        );
        try {
          this.#loop(() => end.settle !== null, eventsMax);
          end.settle?.();
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }

  /** Runs the next event and lets all promises settle; false when there is none. Outside `run` promises settle by themselves. */
  step(): boolean {
    let event = pop(this.#heap);
    while (event?.task === null) event = pop(this.#heap);
    if (event === undefined) return false;
    this.#nowMs = event.atMs;
    this.#events += 1;
    this.#hash = mix(this.#hash, event.number ^ (event.atMs * 1000));
    event.task?.();
    return true;
  }

  #loop(isOver: () => boolean, eventsMax: number): void {
    settlePromises();
    while (!isOver()) {
      if (this.#failures.length > 0) throw this.#failures[0];
      if (!this.step()) throw new Error('the simulation stands still: nothing is left to happen');
      if (this.#events > eventsMax) throw new Error(`the simulation does not end: ${eventsMax} events were run`);
      settlePromises();
    }
    if (this.#failures.length > 0) throw this.#failures[0];
  }
}

/** Neighbouring seeds far apart (MurmurHash3's last step): the generator's first numbers for them would be nearly the same. */
function spread(seed: number): number {
  const first = Math.imul(seed ^ (seed >>> 16), 0x85ebca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return second ^ (second >>> 16);
}

/** Node's own, which simulations keep from the code under test. */
export const setImmediateOfNode = globalThis.setImmediate;

function isBefore(left: Event, right: Event): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.number < right.number);
}

function push(heap: Event[], event: Event): void {
  let at = heap.length;
  heap.push(event);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(event, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = event;
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return first;
}
