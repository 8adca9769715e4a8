/** An ordered reader of a stream: what is there first, then what comes, woken by the append itself. */
import { setImmediate } from 'node:timers/promises';
import { ShoalError } from '../../base/errors.js';
import type { ConsumeOptions, LogConsumer, LogEntry } from '../change-log.js';
import type { LogStream } from './log-stream.js';

/** Entries looked at in one go: the event loop is held for at most about a millisecond. */
const entriesMax = 256;
/** Bytes of bodies in one go; with it a consumer's memory is bounded, however far behind it is. */
const bytesMax = 1024 * 1024;

/** The whole consumer; `find` gives the stream when iteration starts, or throws NOT_FOUND. */
export class EmbeddedLogConsumer implements LogConsumer {
  readonly #find: () => Promise<LogStream>;
  readonly #options: ConsumeOptions;
  #isClosed = false;
  #wake: () => void = () => undefined;

  constructor(find: () => Promise<LogStream>, options: ConsumeOptions) {
    this.#find = find;
    this.#options = options;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LogEntry> {
    const stream = await this.#find();
    const isWanted = subjectFilter(this.#options.subjects);
    const headersOnly = this.#options.headersOnly === true;
    let { after } = this.#options;
    while (!this.#isClosed && !stream.isEnded) {
      const { entries, through } = stream.readBatch({ after, isWanted, headersOnly, entriesMax, bytesMax });
      for (const entry of entries) {
        if (this.#isClosed) return;
        yield entry;
      }
      after = through;
      // Others get their turn between batches: a long replay must not hold the event loop.
      if (after < stream.lastSequence) await setImmediate();
      else await this.#nextAppend(stream);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake();
  }

  async #nextAppend(stream: LogStream): Promise<void> {
    if (this.#isClosed || stream.isEnded) return;
    await stream.changed((wake) => {
      this.#wake = wake;
    });
  }
}

/**
 * Exact subjects, or patterns whose last token is `*`, any one token, or `>`, one token or more. INVALID_ARGUMENT for any other
 * wildcard.
 */
export function subjectFilter(subjects: readonly string[]): (subject: string) => boolean {
  const exact = new Set(subjects.filter((subject) => !isPattern(subject)));
  const patterns = subjects.filter(isPattern).map(patternOf);
  return (subject) => {
    if (exact.has(subject)) return true;
    return patterns.some(
      ({ prefix, isTail }) => subject.startsWith(prefix) && isTail.test(subject.slice(prefix.length)),
    );
  };
}

function isPattern(subject: string): boolean {
  return /[*>]/.test(subject);
}

function patternOf(pattern: string): { readonly prefix: string; readonly isTail: RegExp } {
  const prefix = pattern.slice(0, -1);
  if (/^[^*>]+\.[*>]$/.test(pattern)) return { prefix, isTail: pattern.endsWith('*') ? oneToken : someTokens };
  const message = `pattern ${JSON.stringify(pattern)} has a * or > that is not its last token`;
  throw new ShoalError('INVALID_ARGUMENT', message);
}

const oneToken = /^[^.]+$/;
const someTokens = /^[^.]+(\.[^.]+)*$/;
