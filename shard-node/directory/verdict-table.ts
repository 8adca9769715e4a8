/** Verdicts of the last 10 minutes of record time: by log position for those who wait, by writeId for those who ask again. */
import { verdictKeptMs, type VerdictRecord } from './directory-entry.js';

export class VerdictTable {
  /** In the order of their positions. */
  readonly #bySequence = new Map<bigint, VerdictRecord>();
  /** The first of each. */
  readonly #byWriteId = new Map<string, VerdictRecord>();
  #newestMs = 0;

  constructor(verdicts: readonly VerdictRecord[]) {
    for (const verdict of verdicts) this.add(verdict);
  }

  /** Remembers the verdict of a later record than all before, and forgets what is too old. */
  add(verdict: VerdictRecord): void {
    this.#newestMs = Math.max(this.#newestMs, verdict.timeMs);
    this.#bySequence.set(verdict.sequence, verdict);
    if (verdict.writeId !== '' && this.ofWriteId(verdict.writeId) === null)
      this.#byWriteId.set(verdict.writeId, verdict);
    for (const [sequence, old] of this.#bySequence) {
      if (!this.#isOld(old)) break;
      this.#bySequence.delete(sequence);
      if (this.#byWriteId.get(old.writeId) === old) this.#byWriteId.delete(old.writeId);
    }
  }

  at(sequence: bigint): VerdictRecord | null {
    return this.#bySequence.get(sequence) ?? null;
  }

  /** The first verdict of `writeId`, or null. */
  ofWriteId(writeId: string): VerdictRecord | null {
    const first = this.#byWriteId.get(writeId);
    return first === undefined || this.#isOld(first) ? null : first;
  }

  #isOld({ timeMs }: VerdictRecord): boolean {
    return timeMs < this.#newestMs - verdictKeptMs;
  }
}
