/** The newest entries of a stream in memory: consecutive sequences, bounded in bytes. */
import type { LogEntry } from '../change-log.js';

export class RecentEntries {
  readonly #bytesMax: number;
  #entries: LogEntry[] = [];
  #bytes = 0;

  /** Bodies share at most `bytesMax` bytes; the newest entry is kept whatever its size. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Adds entries that follow those that were added before and are on disk; their owner changes them no more. */
  add(entries: readonly LogEntry[]): void {
    this.#entries.push(...entries);
    for (const { body } of entries) this.#bytes += body.length + overheadBytes;
    let dropped = 0;
    while (this.#bytes > this.#bytesMax && dropped < this.#entries.length - 1) {
      this.#bytes -= this.#entries[dropped]!.body.length + overheadBytes;
      dropped += 1;
    }
    if (dropped > 0) this.#entries = this.#entries.slice(dropped);
  }

  /** True where everything after `sequence` is here, and something is. */
  begins(sequence: bigint): boolean {
    const [first] = this.#entries;
    return first !== undefined && sequence + 1n >= first.sequence && sequence < this.#entries.at(-1)!.sequence;
  }

  /** The entries after `sequence`, for which `begins` holds. */
  *after(sequence: bigint): Generator<LogEntry> {
    const [first] = this.#entries;
    if (first === undefined) return;
    for (let at = Number(sequence + 1n - first.sequence); at < this.#entries.length; at += 1) yield this.#entries[at]!;
  }

  /** The entry at `sequence`, or null. */
  at(sequence: bigint): LogEntry | null {
    const [first] = this.#entries;
    if (first === undefined || sequence < first.sequence) return null;
    return this.#entries[Number(sequence - first.sequence)] ?? null;
  }
}

/** What an entry counts for beside its body: its headers, roughly. */
const overheadBytes = 256;
