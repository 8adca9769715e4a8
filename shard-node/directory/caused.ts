/** For every log position, the largest position of a record that was caused by records up to it. */

/** Steps that are kept; before them the answer is a larger bound. */
const stepsMax = 4_096;

export class Caused {
  /** Ascending in both: from position `sequences[i]` on, `largest[i]`. */
  #sequences: bigint[];
  #largest: bigint[];

  /** `largest` was caused by records up to `sequence`. */
  constructor(sequence: bigint, largest: bigint) {
    this.#sequences = [sequence];
    this.#largest = [largest];
  }

  /** The record at `sequence`, later than all before, caused the record at `effect`. */
  note(sequence: bigint, effect: bigint): void {
    if (effect <= this.#largest.at(-1)!) return;
    this.#sequences.push(sequence);
    this.#largest.push(effect);
    if (this.#sequences.length < stepsMax * 2) return;
    this.#sequences = this.#sequences.slice(-stepsMax);
    this.#largest = this.#largest.slice(-stepsMax);
  }

  /** At least the largest position caused by records up to `sequence`; exactly that for recent ones. */
  upTo(sequence: bigint): bigint {
    let [low, high] = [0, this.#sequences.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sequences[middle]! <= sequence) low = middle + 1;
      else high = middle;
    }
    return this.#largest[Math.max(0, low - 1)]!;
  }
}
