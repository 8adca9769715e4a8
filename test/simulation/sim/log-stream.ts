/** One stream of the simulated log: what is on its disk, and what waits for the next fsync. */
import { ShoalError } from '../../../base/errors.js';
import type { LogEntry, LogRecord, StreamState } from '../../../cluster/change-log.js';
import type { SimProcess } from './process.js';

interface Pending {
  readonly subject: string;
  readonly record: LogRecord;
  resolve(sequence: bigint): void;
  reject(error: unknown): void;
}

interface Batch {
  readonly after: bigint;
  readonly isWanted: (subject: string) => boolean;
  readonly headersOnly?: boolean;
  readonly countMax: number;
}

const noBody = new Uint8Array(0);

export class SimStream {
  readonly #process: SimProcess;
  readonly #onStored: (entry: LogEntry) => void;
  /** Sequence of `#entries[0]`. */
  readonly #base: bigint;
  /** By sequence − base; null = purged. */
  readonly #entries: (LogEntry | null)[] = [];
  /** By sequence − base, also of what is purged. */
  readonly #subjects: string[] = [];
  readonly #lasts = new Map<string, bigint>();
  readonly #listeners = new Set<(subjects: readonly string[] | null) => void>();
  /** Everything before it is purged. */
  #firstHeld = 0;
  #pending: Pending[] = [];
  #isWriting = false;
  #isEnded = false;

  constructor(process: SimProcess, firstSequence: bigint, onStored: (entry: LogEntry) => void) {
    this.#onStored = onStored;
    this.#process = process;
    this.#base = firstSequence;
  }

  get lastSequence(): bigint {
    return this.#base + BigInt(this.#entries.length) - 1n;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Everything on disk, for checks. */
  get entries(): readonly LogEntry[] {
    return this.#entries.filter((entry) => entry !== null);
  }

  state(): StreamState {
    const held = this.entries;
    return {
      firstSequence: held[0]?.sequence ?? this.lastSequence + 1n,
      lastSequence: this.lastSequence,
      entries: held.length,
      bytes: held.reduce((sum, { body }) => sum + body.length, 0),
    };
  }

  lastSequenceOf(subject: string): bigint {
    return this.#lasts.get(subject) ?? 0n;
  }

  read(sequence: bigint): LogEntry | null {
    return this.#entries[Number(sequence - this.#base)] ?? null;
  }

  /** Resolves once it is on disk, with others that wait. */
  append(subject: string, record: LogRecord): Promise<bigint> {
    if (this.#isEnded) throw new ShoalError('UNAVAILABLE', 'the stream was dropped');
    return new Promise((resolve, reject) => {
      this.#pending.push({ subject, record, resolve, reject });
      this.#write();
    });
  }

  batch({ after, isWanted, headersOnly, countMax }: Batch): { readonly entries: LogEntry[]; readonly through: bigint } {
    const entries: LogEntry[] = [];
    let at = Math.max(this.#firstHeld, Number(after + 1n - this.#base));
    for (; at < this.#entries.length && entries.length < countMax; at += 1) {
      const entry = this.#entries[at];
      if (entry !== null && entry !== undefined && isWanted(entry.subject))
        entries.push(headersOnly === true ? { ...entry, body: noBody } : entry);
    }
    const through = this.#base + BigInt(at) - 1n;
    return { entries, through: through > after ? through : after };
  }

  /** Whether an entry that is wanted follows `after`. */
  hasMore(after: bigint, isWanted: (subject: string) => boolean): boolean {
    for (let at = Math.max(this.#firstHeld, Number(after + 1n - this.#base)); at < this.#entries.length; at += 1) {
      const entry = this.#entries[at];
      if (entry !== null && entry !== undefined && isWanted(entry.subject)) return true;
    }
    return false;
  }

  /** Calls `listener` with the subjects of every append, null at the end, until the returned function is called. */
  onAppend(listener: (subjects: readonly string[] | null) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  purge(subject: string, upTo: bigint): void {
    for (let at = this.#firstHeld; at < this.#entries.length; at += 1) {
      const entry = this.#entries[at];
      if (entry === null || entry === undefined) continue;
      if (entry.sequence > upTo) break;
      if (entry.subject === subject) this.#entries[at] = null;
    }
    while (this.#firstHeld < this.#entries.length && this.#entries[this.#firstHeld] === null) this.#firstHeld += 1;
  }

  /** The stream was put back from a copy that lacks the last `count` records. Gives its last position. */
  loseEnd(count: number): bigint {
    this.#entries.length -= Math.min(count, this.#entries.length);
    this.#subjects.length = this.#entries.length;
    this.#firstHeld = Math.min(this.#firstHeld, this.#entries.length);
    this.#lasts.clear();
    for (const [at, subject] of this.#subjects.entries()) this.#lasts.set(subject, this.#base + BigInt(at));
    return this.lastSequence;
  }

  end(): void {
    this.#isEnded = true;
    for (const { reject } of this.#pending) reject(new ShoalError('UNAVAILABLE', 'the stream was dropped'));
    this.#pending = [];
    this.#wake(null);
  }

  /** Some beginning of what waits is on disk, the rest never was; those who wait are told neither. */
  cutPower(): void {
    const pending = this.#pending;
    this.#pending = [];
    const kept = this.#process.random.below(pending.length + 1);
    for (const { subject, record } of pending.slice(0, kept)) this.#store(subject, record);
    for (const { reject } of pending) reject(new ShoalError('UNAVAILABLE', 'the log cannot be reached'));
    this.#wake(pending.map(({ subject }) => subject));
  }

  #write(): void {
    if (this.#isWriting) return;
    this.#isWriting = true;
    this.#process.after(0.2 + this.#process.random.unit() * 2, () => {
      this.#isWriting = false;
      const pending = this.#pending;
      this.#pending = [];
      for (const { subject, record, resolve } of pending) resolve(this.#store(subject, record));
      this.#wake(pending.map(({ subject }) => subject));
    });
  }

  #store(subject: string, record: LogRecord): bigint {
    const sequence = this.lastSequence + 1n;
    const timeMs = this.#process.clock.wallMs();
    const entry = { sequence, subject, timeMs, headers: record.headers, body: record.body };
    this.#entries.push(entry);
    this.#subjects.push(subject);
    this.#lasts.set(subject, sequence);
    this.#onStored(entry);
    return sequence;
  }

  #wake(subjects: readonly string[] | null): void {
    for (const listener of [...this.#listeners]) listener(subjects);
  }
}
