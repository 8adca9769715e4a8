/**
 * Whether a replica's node can read the learned parameters that serve: asked as soon as the settings name them, and again and again while
 * it cannot. Searches go on without them, and so nobody else would say it.
 */
import { sleep, type Clock } from '../../base/clock.js';

/** Longer than what could not be read is remembered. */
const retryMs = 10_000;

export interface ParametersFollowerParts {
  /** Why `version` cannot be read; empty where it can. Never rejects. */
  readonly problemOf: (version: number) => Promise<string>;
  readonly clock: Clock;
  /** Called when the problem is another one. */
  readonly onChange: () => void;
}

export class ParametersFollower {
  readonly #parts: ParametersFollowerParts;
  #wanted = 0;
  #problem = '';
  #isClosed = false;
  /** Ends the asking about the version that was wanted last. */
  #end = new AbortController();
  #asking: Promise<void> = Promise.resolve();

  constructor(parts: ParametersFollowerParts) {
    this.#parts = parts;
  }

  /** Why the parameters that serve cannot be read; empty where they can, and where none serve. */
  get problem(): string {
    return this.#problem;
  }

  /** Searches go by `version`, 0 = by none. Returns at once. */
  want(version: number): void {
    if (version === this.#wanted || this.#isClosed) return;
    this.#wanted = version;
    this.#end.abort();
    this.#end = new AbortController();
    this.#say('');
    if (version > 0) this.#asking = this.#ask(version, this.#end.signal);
  }

  /** Ends what is under way. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#end.abort();
    await this.#asking;
  }

  /** Never rejects. */
  async #ask(version: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const problem = await this.#parts.problemOf(version);
      if (signal.aborted) return;
      this.#say(problem);
      if (problem === '') return;
      await sleep(this.#parts.clock, retryMs, signal);
    }
  }

  #say(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#parts.onChange();
  }
}
