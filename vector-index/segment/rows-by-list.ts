/** The rows of a segment by inverted list: which rows a search of some lists looks at. */
import { bitmapBytes, setBit } from '../bitmap.js';

/** Which rows lie in some lists. */
export interface ListRows {
  /** The rows of `lists` as a bitmap; null when these are all rows. */
  bitmap(lists: Uint32Array): Uint8Array | null;
}

export class RowsByList implements ListRows {
  readonly #rowCount: number;
  /** List → its number in `#starts`. */
  readonly #numbers = new Map<number, number>();
  /** The rows of list number n are `#rows[#starts[n]]` to `#rows[#starts[n + 1]]`, ascending. */
  readonly #starts: Uint32Array;
  readonly #rows: Uint32Array;

  /** Of the first `rowCount` rows of `lists`, uint32[rows]. */
  constructor(lists: Uint32Array, rowCount: number) {
    this.#rowCount = rowCount;
    const numberOf = new Uint32Array(rowCount);
    const counts: number[] = [];
    for (let row = 0; row < rowCount; row += 1) {
      const list = lists[row]!;
      let number = this.#numbers.get(list);
      if (number === undefined) {
        number = counts.push(0) - 1;
        this.#numbers.set(list, number);
      }
      numberOf[row] = number;
      counts[number]! += 1;
    }
    this.#starts = new Uint32Array(counts.length + 1);
    for (const [number, count] of counts.entries()) this.#starts[number + 1] = this.#starts[number]! + count;
    const next = this.#starts.slice();
    this.#rows = new Uint32Array(counts.length > 1 ? rowCount : 0);
    if (counts.length < 2) return;
    for (let row = 0; row < rowCount; row += 1) {
      const number = numberOf[row]!;
      this.#rows[next[number]!] = row;
      next[number]! += 1;
    }
  }

  bitmap(lists: Uint32Array): Uint8Array | null {
    const numbers = new Set<number>();
    for (const list of lists) {
      const number = this.#numbers.get(list);
      if (number !== undefined) numbers.add(number);
    }
    let count = 0;
    for (const number of numbers) count += this.#starts[number + 1]! - this.#starts[number]!;
    if (count === this.#rowCount) return null;
    const bits = new Uint8Array(bitmapBytes(this.#rowCount));
    for (const number of numbers) {
      const end = this.#starts[number + 1]!;
      for (let at = this.#starts[number]!; at < end; at += 1) setBit(bits, this.#rows[at]!);
    }
    return bits;
  }
}
