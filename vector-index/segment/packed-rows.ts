/** Row numbers in as few bits as the largest needs, one after another in little-endian 32-bit words. */
import type { RowSequence } from './segment-reader.js';

export class PackedRows implements RowSequence {
  readonly #words: Uint32Array;
  readonly #count: number;
  readonly #bits: number;
  readonly #mask: number;

  /** `words` as `packRows` gave them for `count` rows. They belong to the caller. */
  constructor(words: Uint32Array, count: number) {
    this.#words = words;
    this.#count = count;
    this.#bits = bitsFor(count);
    this.#mask = 2 ** this.#bits - 1;
  }

  at(position: number): number {
    const bit = position * this.#bits;
    const shift = bit & 31;
    const word = bit >>> 5;
    const low = this.#words[word]! >>> shift;
    const high = shift + this.#bits > 32 ? this.#words[word + 1]! << (32 - shift) : 0;
    return (low | high) & this.#mask;
  }

  all(): Uint32Array {
    return Uint32Array.from({ length: this.#count }, (_, position) => this.at(position));
  }
}

/** Row numbers of four bytes each. */
export class ListedRows implements RowSequence {
  readonly #rows: Uint32Array;

  /** `rows` belong to the caller. */
  constructor(rows: Uint32Array) {
    this.#rows = rows;
  }

  at(position: number): number {
    return this.#rows[position]!;
  }

  all(): Uint32Array {
    return this.#rows.slice();
  }
}

/** `rows`, an order of the numbers from 0 to one below its length of at most 2^21, as words. */
export function packRows(rows: Uint32Array): Uint32Array {
  const bits = bitsFor(rows.length);
  const words = new Uint32Array(Math.ceil((rows.length * bits) / 32));
  for (let position = 0; position < rows.length; position += 1) {
    const bit = position * bits;
    const shift = bit & 31;
    words[bit >>> 5]! |= rows[position]! << shift;
    if (shift + bits > 32) words[(bit >>> 5) + 1]! |= rows[position]! >>> (32 - shift);
  }
  return words;
}

function bitsFor(count: number): number {
  return count < 2 ? 1 : 32 - Math.clz32(count - 1);
}
