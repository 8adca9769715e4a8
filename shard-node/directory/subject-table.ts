/** The subjects of a collection by small codes, and how far each was heard, settled and acknowledged. */
import type { SubjectRow } from './store/directory-entry.js';

export class SubjectTable {
  readonly #codes = new Map<string, number>();
  readonly #subjects: string[] = [];
  /** By code: last position heard or acknowledged to this partition, and last position of a settled record. */
  readonly #last: bigint[] = [];
  readonly #settled: bigint[] = [];
  readonly #onlyPlaces: (readonly number[])[] = [];

  constructor(rows: readonly SubjectRow[]) {
    for (const { subject, last } of rows) {
      const code = this.codeOf(subject);
      this.#last[code] = this.#settled[code] = last;
    }
  }

  /** The code of `subject`; a new one for one that was never seen. */
  codeOf(subject: string): number {
    const known = this.#codes.get(subject);
    if (known !== undefined) return known;
    const code = this.#subjects.length;
    this.#codes.set(subject, code);
    this.#subjects.push(subject);
    this.#last.push(0n);
    this.#settled.push(0n);
    this.#onlyPlaces.push([code]);
    return code;
  }

  subjectOf(code: number): string {
    return this.#subjects[code]!;
  }

  /** `[code]`, the same array each time. */
  onlyPlace(code: number): readonly number[] {
    return this.#onlyPlaces[code]!;
  }

  /** A record at `sequence` is known to lie on the subject. */
  note(code: number, sequence: bigint): void {
    if (sequence > this.#last[code]!) this.#last[code] = sequence;
  }

  /** The record at `sequence`, and all before it, are settled. */
  settle(code: number, sequence: bigint): void {
    this.#settled[code] = sequence;
  }

  lastOf(code: number): bigint {
    return this.#last[code]!;
  }

  /** Last position known of `subject`; null when nothing was heard of it. */
  lastOn(subject: string): bigint | null {
    const code = this.#codes.get(subject);
    return code === undefined || this.#last[code] === 0n ? null : this.#last[code]!;
  }

  /** All subjects by code, with the last settled position of each. */
  settledRows(): readonly SubjectRow[] {
    return this.#subjects.map((subject, code) => ({ subject, last: this.#settled[code]! }));
  }
}
