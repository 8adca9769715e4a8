/**
 * Verdicts of the last 10 minutes of record time: by log position for those who wait, by writeId for those who ask again.
 *
 * A writeId is remembered for as long after its first record, whether or not it is repeated meanwhile: a copy that begins with what was
 * kept on disk, where the first verdict may be missing and a repeat of it be there, forgets it with all others.
 */
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
  /** The first of each that is remembered, or a repeat of it. */
  readonly #byWriteId = new Map<string, VerdictRecord>();
  /** By the position of a repeat, that of its first record. */
  readonly #repeated = new Map<bigint, bigint>();
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
    if (verdict.firstSequence !== verdict.sequence) this.#repeated.set(verdict.sequence, verdict.firstSequence);
    for (const [sequence, old] of this.#bySequence) {
      if (old.timeMs >= this.#oldestMs) break;
      this.#bySequence.delete(sequence);
      this.#repeated.delete(sequence);
      this.#positions -= old.verdicts.length;
      if (this.#byWriteId.get(old.writeId) === old) this.#byWriteId.delete(old.writeId);
    }
  }

  at(sequence: bigint): VerdictRecord | null {
    return this.#bySequence.get(sequence) ?? null;
  }

  /** Position of the first record with a writeId that is remembered; null = there is none. */
  get since(): bigint | null {
    const [oldest] = this.#byWriteId.values();
    let since = oldest?.firstSequence ?? null;
    for (const first of this.#repeated.values()) if (since !== null && first < since) since = first;
    return since;
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

  get #oldestMs(): number {
    return this.#newestMs - verdictKeptMs;
  }

  #isOld({ firstMs }: VerdictRecord): boolean {
    return firstMs < this.#oldestMs;
  }
}
