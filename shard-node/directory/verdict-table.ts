/** Verdicts of the last 10 minutes of record time: by log position for those who wait, by writeId for those who ask again. */
import { verdictKeptMs, type VerdictRecord } from './store/directory-entry.js';

/** Positions for which verdicts without a writeId are kept; with one they are kept however many there are. */
const positionsMax = 1_000_000;

/** Those of `verdicts`, ascending by position, that are to be kept. */
export function keptVerdicts(verdicts: readonly VerdictRecord[]): readonly VerdictRecord[] {
  const newestMs = verdicts.reduce((newest, { timeMs }) => Math.max(newest, timeMs), 0);
  let positions = 0;
  const kept: VerdictRecord[] = [];
  for (const verdict of [...verdicts].reverse()) {
    positions += verdict.verdicts.length;
    const isNeeded = verdict.writeId !== '' || positions <= positionsMax;
    if (isNeeded && verdict.timeMs >= newestMs - verdictKeptMs) kept.push(verdict);
  }
  return kept.reverse();
}

export class VerdictTable {
  /** In the order of their positions. */
  #bySequence = new Map<bigint, VerdictRecord>();
  #positions = 0;
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
    this.#positions += verdict.verdicts.length;
    if (this.#positions > positionsMax * 2) this.#shorten();
    if (verdict.writeId !== '' && this.ofWriteId(verdict.writeId) === null)
      this.#byWriteId.set(verdict.writeId, verdict);
    for (const [sequence, old] of this.#bySequence) {
      if (!this.#isOld(old)) break;
      this.#bySequence.delete(sequence);
      this.#positions -= old.verdicts.length;
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

  #shorten(): void {
    const kept = keptVerdicts([...this.#bySequence.values()]);
    this.#bySequence = new Map(kept.map((verdict) => [verdict.sequence, verdict]));
    this.#positions = kept.reduce((sum, { verdicts }) => sum + verdicts.length, 0);
  }

  #isOld({ timeMs }: VerdictRecord): boolean {
    return timeMs < this.#newestMs - verdictKeptMs;
  }
}
