/**
 * What this node says in the registry of what it holds, under its lease: the last word for each key, one after another, repeated until
 * the registry has it. Who reads them decides by them whom to ask, so that a lost one would leave a copy idle for good.
 */
import { sleep, type Clock } from '../base/clock.js';
import { ShoalError } from '../base/errors.js';
import { Hindrances } from '../base/hindrances.js';
import type { Logger } from '../base/logger.js';
import type { Standing } from '../cluster/membership/membership.js';
import type { Registry } from '../cluster/registry.js';
import { Waiters } from '../base/waiters.js';

const retryMsMin = 200;
const retryMsMax = 5_000;

export interface StateReportsParts {
  readonly registry: Registry;
  /** Whose lease of the moment states are told under. */
  readonly standing: Pick<Standing, 'lease'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class StateReports {
  readonly #parts: StateReportsParts;
  readonly #hindrances: Hindrances;
  /** Key → what is true when its turn comes. */
  readonly #waiting = new Map<string, () => Uint8Array>();
  /** All that was said and not withdrawn. */
  readonly #said = new Map<string, () => Uint8Array>();
  readonly #stop = new AbortController();
  readonly #attempted = new Waiters();
  #running: Promise<void> | null = null;
  #isHindered = false;

  constructor(parts: StateReportsParts) {
    this.#parts = parts;
    this.#hindrances = new Hindrances(parts);
  }

  /** Tells what `state` gives when it is the key's turn, instead of what waits for that key. Nothing after `leave`. */
  tell(key: string, state: () => Uint8Array): void {
    if (this.#stop.signal.aborted) return;
    this.#said.set(key, state);
    this.#waiting.delete(key);
    this.#waiting.set(key, state);
    this.#running ??= this.#run();
  }

  /** Says everything again, under the lease that the node has by now. */
  repeat(): void {
    for (const [key, state] of [...this.#said]) this.tell(key, state);
  }

  /** Resolves when everything was told, or the registry turned out not to take it for now. */
  async settled(): Promise<void> {
    while (this.#running !== null && !this.#isHindered) await this.#attempted.next();
  }

  /** Deletes `key`; what waits for it is not told any more. */
  async withdraw(key: string): Promise<void> {
    this.#said.delete(key);
    this.#waiting.delete(key);
    // The one under way would bring it back.
    if (this.#running !== null) await this.#attempted.next();
    this.#waiting.delete(key);
    await this.#parts.registry.transact([], [{ operation: 'delete', key }]);
  }

  /** As `withdraw`, tried until the registry has done it, or nothing is told any more: what depends on the key may not go before. */
  async retract(key: string): Promise<void> {
    const { clock } = this.#parts;
    for (let retryMs = retryMsMin; !this.#stop.signal.aborted; retryMs = Math.min(2 * retryMs, retryMsMax)) {
      try {
        await this.withdraw(key);
        return this.#hindrances.end('retract', { fields: { key }, message: 'state is taken back' });
      } catch (thrown) {
        const line = { fields: { key }, message: 'state could not be taken back' };
        this.#hindrances.note('retract', ShoalError.from(thrown), line);
        await sleep(clock, retryMs, this.#stop.signal);
      }
    }
  }

  /** Tells nothing more; resolves when nothing is under way. Idempotent. */
  async leave(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    let retryMs = retryMsMin;
    for (const signal = this.#stop.signal; this.#waiting.size > 0 && !signal.aborted;) {
      const [key, state] = this.#waiting.entries().next().value!;
      this.#waiting.delete(key);
      this.#isHindered = !(await this.#attempt(key, state));
      this.#attempted.wake();
      if (this.#isHindered) await sleep(this.#parts.clock, retryMs, signal);
      retryMs = this.#isHindered ? Math.min(2 * retryMs, retryMsMax) : retryMsMin;
    }
    this.#isHindered = false;
    this.#running = null;
    this.#attempted.wake();
  }

  /** False when it is to be tried again. */
  async #attempt(key: string, state: () => Uint8Array): Promise<boolean> {
    const { registry, standing } = this.#parts;
    try {
      await registry.transact([], [{ operation: 'put', key, value: state(), lease: standing.lease }]);
      this.#hindrances.end('report', { fields: { key }, message: 'states are reported again' });
      return true;
    } catch (thrown) {
      const error = ShoalError.from(thrown);
      this.#hindrances.note('report', error, { fields: { key }, message: 'state could not be reported' });
      if (!['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED'].includes(error.code)) return true;
      // A newer word for the key has come meanwhile, or this one is still the last.
      if (!this.#waiting.has(key)) this.#waiting.set(key, state);
      return false;
    }
  }
}
