/**
 * The coded lists of a sealed segment: which lists it holds, where their rows and blocks are, and the second codes.
 *
 * Columns, all little-endian: `listNumber` u32, `listFirst` u32 and `listOffset` u64 of every list that has rows, in ascending order of
 * lists; `codes`, the blocks of every list (kernels/adc-scan/adc-scan.h), each beginning at a multiple of 64; `second`, a record
 * (kernels/second-code/second-code.h) for every row. The rows of list i are `listFirst[i]` up to the first row of the next one. A row
 * without a vector has a code and a record of zeros, which nobody looks at. Rows that lie in a second list too: `sealed-copies.ts`.
 */
import { recordBytes, secondKindOf, type CodedVectors, type Lists } from '../../kernels/codes.js';
import { bitmapBytes, setBits } from '../bitmap.js';
import type { ColumnFile } from '../segment/column-file.js';
import type { ListRows } from '../segment/rows-by-list.js';
import { damaged } from '../segment/segment-layout.js';
import { gatherRecords } from './coded-rows.js';
import { ListBlocks, type ListPlace } from './list-blocks.js';
import type { CodeShape, RowCoding } from './row-coding.js';
import { SealedCopies } from './sealed-copies.js';

/** The columns of this file. */
export const listColumns = {
  number: 'listNumber',
  first: 'listFirst',
  offset: 'listOffset',
  codes: 'codes',
  second: 'second',
} as const;

export class SealedLists implements RowCoding, ListRows {
  readonly structureVersion: number;
  readonly subquantizers: number;
  readonly dsub: number;
  readonly secondKind: number;
  readonly copies: SealedCopies | null;
  readonly #rows: number;
  readonly #blocks: ListBlocks;
  /** uint8[rows, recordBytes] */
  readonly records: Uint8Array;
  readonly #recordBytes: number;

  /** The lists of `file`, which has `rows` rows; its bytes must stay mapped. DATA_LOSS when the columns do not fit each other. */
  constructor(file: ColumnFile, path: string, shape: CodeShape) {
    const { rows } = file.layout;
    const { structureVersion, subquantizers, dsub, hasCopies } = shape;
    this.structureVersion = structureVersion;
    this.subquantizers = subquantizers;
    this.dsub = dsub;
    this.secondKind = secondKindOf(shape);
    const columns = {
      numbers: file.u32(listColumns.number),
      firsts: file.u32(listColumns.first),
      offsets: file.u64(listColumns.offset),
      codes: file.u8(listColumns.codes),
    };
    this.#blocks = new ListBlocks(columns, rows, subquantizers);
    this.records = file.u8(listColumns.second);
    this.#recordBytes = recordBytes(subquantizers * dsub, this.secondKind);
    this.#rows = rows;
    if (!this.#blocks.isWhole || this.records.length !== rows * this.#recordBytes)
      throw damaged(path, 'the table of lists');
    this.copies = hasCopies ? new SealedCopies(file, path, subquantizers) : null;
  }

  get hasCopies(): boolean {
    return this.copies !== null;
  }

  /** uint32[lists], ascending: the lists that have rows here. */
  get numbers(): Uint32Array {
    return this.#blocks.numbers;
  }

  /** uint32[lists] beside them: the first row, and how many there are. */
  get firsts(): Uint32Array {
    return this.#blocks.firsts;
  }

  get counts(): Uint32Array {
    return this.#blocks.counts;
  }

  /** The list of `row`. */
  listOf(row: number): number {
    return this.#blocks.listOf(row);
  }

  /** Puts the list of each row into `lists` uint32[rows]. */
  fillLists(lists: Uint32Array): void {
    const { numbers, firsts, counts } = this.#blocks;
    numbers.forEach((list, at) => lists.fill(list, firsts[at]!, firsts[at]! + counts[at]!));
  }

  /** Where the rows of `list` and their codes are; null where it has none. */
  place(list: number): ListPlace | null {
    return this.#blocks.place(list);
  }

  bitmap(lists: Uint32Array): Uint8Array | null {
    const { numbers, firsts, counts } = this.#blocks;
    const positions = Array.from(new Set(lists), (list) => this.#blocks.at(list)).filter((at) => at >= 0);
    if (positions.length === numbers.length) return null;
    const bits = new Uint8Array(bitmapBytes(this.#rows));
    for (const at of positions) setBits(bits, firsts[at]!, firsts[at]! + counts[at]!);
    return bits;
  }

  /** All `count` lists of the structure as a search reads them; those without rows here are empty. */
  all(count: number): Lists {
    return this.#blocks.all(count);
  }

  read(list: number, rows: Uint32Array, into: CodedVectors): void {
    const first = this.#blocks.firsts[this.#blocks.at(list)]!;
    this.#blocks.read(list, rows.map((row) => row - first), into); // prettier-ignore
  }

  readSecond(_list: number, rows: Uint32Array): Uint8Array {
    return gatherRecords(this.records, rows, this.#recordBytes);
  }
}
