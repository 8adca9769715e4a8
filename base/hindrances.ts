/**
 * Log lines about what hinders work and is tried again. What passes within seconds is ordinary work, and a debug line; what lasts is a
 * warning, once; a defect is an error at once.
 */
import type { Clock } from './clock.js';
import type { ShoalError } from './errors.js';
import { isDefect, type Logger } from './logger.js';

/** Milliseconds after which what still hinders is worth a person's attention. */
export const lastingMs = 10_000;

interface Hindrance {
  readonly sinceMs: number;
  isTold: boolean;
}

export interface HindranceParts {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The hindrances of one owner, by names of its own. Sets no timer: it is told of every attempt that fails. */
export class Hindrances {
  readonly #parts: HindranceParts;
  readonly #hindrances = new Map<string, Hindrance>();

  constructor(parts: HindranceParts) {
    this.#parts = parts;
  }

  /** An attempt failed by `error`; `fields` and `message` are what a line says. */
  note(name: string, error: ShoalError, line: { readonly fields: object; readonly message: string }): void {
    const { clock, logger } = this.#parts;
    const nowMs = clock.monotonicMs();
    const known = this.#hindrances.get(name);
    const hindrance = known ?? { sinceMs: nowMs, isTold: false };
    this.#hindrances.set(name, hindrance);
    if (hindrance.isTold) return;
    const fields = { ...line.fields, err: error };
    hindrance.isTold = isDefect(error) || nowMs - hindrance.sinceMs >= lastingMs;
    if (isDefect(error)) logger.error(fields, line.message);
    else if (hindrance.isTold) logger.warn({ ...fields, seconds: seconds(nowMs - hindrance.sinceMs) }, line.message);
    else if (known === undefined) logger.debug(fields, line.message);
  }

  /** What `name` hindered is not wanted any more. */
  forget(name: string): void {
    this.#hindrances.delete(name);
  }

  /** `name` hinders no more; said where it was said that it does. */
  end(name: string, line: { readonly fields: object; readonly message: string }): void {
    const known = this.#hindrances.get(name);
    if (!this.#hindrances.delete(name) || known === undefined) return;
    if (known.isTold) this.#parts.logger.info(line.fields, line.message);
    else this.#parts.logger.debug(line.fields, line.message);
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}
