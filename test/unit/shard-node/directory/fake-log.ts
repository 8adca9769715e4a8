/** A change log of one stream in memory, whose appends a test can refuse, delay or watch. */
import type { Deadline } from '../../../../base/deadline.js';
import type { ShoalError } from '../../../../base/errors.js';
import type {
  ChangeLog,
  ConsumeOptions,
  LogConsumer,
  LogEntry,
  LogRecord,
  StreamState,
} from '../../../../cluster/change-log.js';

export class FakeLog implements ChangeLog {
  readonly entries: LogEntry[] = [];
  last = 0n;
  timeMs = 1_000;
  /** Appends fail with this. */
  refusal: ShoalError | null = null;
  /** Appends wait for this. */
  gate: Promise<void> = Promise.resolve();
  readonly #lasts = new Map<string, bigint>();
  readonly #wakes = new Set<() => void>();

  /** Puts a record at the end. */
  put(subject: string, record: LogRecord): bigint {
    this.last += 1n;
    this.entries.push({ ...record, sequence: this.last, subject, timeMs: this.timeMs });
    this.#lasts.set(subject, this.last);
    for (const wake of [...this.#wakes]) wake();
    return this.last;
  }

  /** Loses all records, and goes on after `last`. */
  raise(last: bigint): void {
    this.entries.splice(0);
    this.#lasts.clear();
    this.last = last;
  }

  /** Entries on `subject`. */
  on(subject: string): readonly LogEntry[] {
    return this.entries.filter((entry) => entry.subject === subject);
  }

  async append(_stream: string, subject: string, record: LogRecord, deadline: Deadline): Promise<bigint> {
    await this.gate;
    deadline.check();
    if (this.refusal !== null) throw this.refusal;
    return this.put(subject, record);
  }

  async state(): Promise<StreamState> {
    const firstSequence = this.entries[0]?.sequence ?? this.last + 1n;
    return { firstSequence, lastSequence: this.last, entries: this.entries.length, bytes: 0 };
  }

  async lastSequence(_stream: string, subject: string): Promise<bigint> {
    return this.#lasts.get(subject) ?? 0n;
  }

  async read(_stream: string, sequence: bigint): Promise<LogEntry | null> {
    return this.entries.find((entry) => entry.sequence === sequence) ?? null;
  }

  consume(_stream: string, options: ConsumeOptions): LogConsumer {
    const state = { isClosed: false, after: options.after };
    const wakes = this.#wakes;
    const next = (): LogEntry | undefined => this.entries.find(({ sequence }) => sequence > state.after);
    return {
      close: async () => {
        state.isClosed = true;
        for (const wake of [...wakes]) wake();
      },
      async *[Symbol.asyncIterator]() {
        while (!state.isClosed) {
          const entry = next();
          if (entry === undefined) {
            await new Promise<void>((resolve) => {
              const wake = (): void => {
                wakes.delete(wake);
                resolve();
              };
              wakes.add(wake);
            });
          } else {
            state.after = entry.sequence;
            yield options.headersOnly === true ? { ...entry, body: new Uint8Array(0) } : entry;
          }
        }
      },
    };
  }

  async purge(_stream: string, subject: string, upTo: bigint): Promise<void> {
    const kept = this.entries.filter((entry) => entry.subject !== subject || entry.sequence > upTo);
    this.entries.splice(0, this.entries.length, ...kept);
  }

  createStream = (): Promise<void> => Promise.resolve();
  raiseStream = (): Promise<void> => Promise.resolve();
  dropStream = (): Promise<void> => Promise.resolve();
  close = (): Promise<void> => Promise.resolve();
}
