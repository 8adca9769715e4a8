/**
 * Lists of codes in a file: which there are, in ascending order, and where the vectors and the blocks (kernels/adc-scan/adc-scan.h) of
 * each begin. Positions go through all lists; those of one end where the next one begins.
 */
import { codeBytes, listBytes, unpackList, type CodedVectors, type Lists } from '../../kernels/codes.js';
import { firstAtLeast, positionOf } from '../binary-search.js';
import { gatherCodes } from './coded-rows.js';

/** Columns of a file, of as many lists; they must stay mapped. */
export interface BlockColumns {
  readonly numbers: Uint32Array;
  /** The first position of each. */
  readonly firsts: Uint32Array;
  /** Into `codes`. */
  readonly offsets: BigUint64Array;
  readonly codes: Uint8Array;
}

/** Where the vectors of a list are. */
export interface ListPlace {
  /** The first position, and how many there are. */
  readonly first: number;
  readonly count: number;
  /** Where the blocks begin in the column of codes. */
  readonly offset: number;
}

export class ListBlocks {
  /** uint32[lists], ascending. */
  readonly numbers: Uint32Array;
  /** uint32[lists] beside them: the first position, and how many there are. */
  readonly firsts: Uint32Array;
  readonly counts: Uint32Array;
  readonly #subquantizers: number;
  readonly #offsets: BigUint64Array;
  readonly #codes: Uint8Array;
  #all: Lists | null = null;
  /** The list that was unpacked last: vectors are read list by list. */
  #unpacked: { readonly at: number; readonly coded: CodedVectors } | null = null;

  /** Of `positions` vectors together, in codes of so many subquantizers. */
  constructor({ numbers, firsts, offsets, codes }: BlockColumns, positions: number, subquantizers: number) {
    this.numbers = numbers;
    this.firsts = firsts;
    this.counts = firsts.map((first, at) => (firsts[at + 1] ?? positions) - first);
    this.#subquantizers = subquantizers;
    this.#offsets = offsets;
    this.#codes = codes;
  }

  /** Whether there are as many numbers as places. */
  get isWhole(): boolean {
    return this.numbers.length === this.firsts.length && this.#offsets.length === this.firsts.length;
  }

  /** All `count` lists of the structure as a search reads them; those without vectors here are empty. */
  all(count: number): Lists {
    if (this.#all?.counts.length === count) return this.#all;
    const all = {
      codes: this.#codes,
      offsets: new BigUint64Array(count),
      counts: new Uint32Array(count),
      firsts: new Uint32Array(count),
    };
    for (let list = 0, at = 0, first = 0; list < count; list += 1) {
      all.firsts[list] = first;
      if (this.numbers[at] !== list) continue;
      all.offsets[list] = this.#offsets[at]!;
      all.counts[list] = this.counts[at]!;
      first += this.counts[at]!;
      at += 1;
    }
    this.#all = all;
    return all;
  }

  /** Fills `into` with codes and factors of the vectors number `places` of list `list`, which has them. */
  read(list: number, places: Uint32Array, into: CodedVectors): void {
    const at = this.at(list);
    if (this.#unpacked?.at !== at) this.#unpacked = { at, coded: this.#unpack(at) };
    gatherCodes(this.#unpacked.coded, places, codeBytes(this.#subquantizers), into);
  }

  /** Where the vectors of `list` are; null where there are none. */
  place(list: number): ListPlace | null {
    const at = this.at(list);
    if (at < 0) return null;
    return { first: this.firsts[at]!, count: this.counts[at]!, offset: Number(this.#offsets[at]!) };
  }

  /** Where `list` is in `numbers`; −1 when it is not there. */
  at(list: number): number {
    return positionOf(this.numbers, list);
  }

  /** The list that `position` is in. */
  listOf(position: number): number {
    return this.numbers[firstAtLeast(this.firsts, position + 1) - 1]!;
  }

  #unpack(at: number): CodedVectors {
    const start = Number(this.#offsets[at]!);
    const count = this.counts[at]!;
    const blocks = this.#codes.subarray(start, start + listBytes(this.#subquantizers, count));
    return unpackList(this.#subquantizers, blocks, count);
  }
}
