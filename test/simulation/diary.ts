/** What happened in a simulation, for whoever looks into a failure, and the first thing that must not have happened. */
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { SimProcess } from './sim/process.js';
import type { Scheduler } from './sim/scheduler.js';

/** Lines kept for the report of a failure. */
const linesKept = 200;

/** Something that the product promised and did not keep. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export class Diary {
  readonly #scheduler: Scheduler;
  readonly #print: ((line: string) => void) | null;
  readonly #lines: string[] = [];
  readonly #expected = new Set<string>();

  /** `print` gets every line as it is said; null keeps the last ones only. */
  constructor(scheduler: Scheduler, print: ((line: string) => void) | null) {
    this.#scheduler = scheduler;
    this.#print = print;
  }

  /** Files are damaged or gone by no fault of the product: a DATA_LOSS whose message has `text` is what should be said of it. */
  expectLoss(text: string): void {
    this.#expected.add(text);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  say(who: string, what: string): void {
    const line = `${this.#scheduler.nowMs.toFixed(2).padStart(10)} ${who.padEnd(12)} ${what}`;
    this.#print?.(line);
    this.#lines.push(line);
    if (this.#lines.length > linesKept) this.#lines.shift();
  }

  /** The run fails: `what` must never happen. */
  violation(what: string): void {
    this.say('!', what);
    this.#scheduler.fail(new Violation(what));
  }

  /** Errors that no fault of machines and networks explains are violations. */
  judge(who: string, error: unknown): void {
    const { code, message } = ShoalError.from(error);
    const isDefect = code === 'INTERNAL' || code === 'DATA_LOSS' || code === 'UNKNOWN';
    const isOfDisk = /\bEIO\b/.test(`${message} ${String((error as Error).cause ?? '')}`);
    const isExpected = code === 'DATA_LOSS' && [...this.#expected].some((text) => message.includes(text));
    if (isDefect && !isOfDisk && !isExpected) {
      this.say(who, String((error as Error).stack));
      this.violation(`${who}: ${code}: ${message}`);
    }
  }

  /** A logger that writes here what a node says from `warn` on. Defects are violations at whatever level a node speaks of them. */
  logger(process: SimProcess): Logger {
    const at =
      (level: string, isShown = true) =>
      (about: unknown, text?: string): void => {
        if (!process.isAlive) return;
        if (isShown) this.say(process.name, `${level}: ${text ?? ''} ${describe(about)}`);
        const { err } = about as { err?: unknown };
        if (err !== undefined) this.judge(process.name, err);
      };
    const logger = {
      trace: at('trace', false),
      debug: at('debug', false),
      info: at('info', this.#print !== null),
      warn: at('warn'),
      error: at('error'),
      fatal: at('fatal'),
      child: () => logger,
      level: 'info',
    };
    return logger as unknown as Logger;
  }
}

function describe(about: unknown): string {
  if (typeof about === 'string') return about;
  const shown = Object.entries(about as Record<string, unknown>).map(([key, value]) => {
    const text =
      value instanceof Error ? `${value.message}` : typeof value === 'bigint' ? String(value) : JSON.stringify(value);
    return `${key}=${text}`;
  });
  return shown.join(' ');
}
