/**
 * The rows of a sealed segment in their second lists: first codes alone, since the second ones belong to those of the first list.
 *
 * Columns, all little-endian: `copyNumber` u32, `copyFirst` u32 and `copyOffset` u64 of every list that is the second one of some rows, as
 * those of `sealed-lists.ts`; `copyRow` u32, these rows, list by list, ascending in each; `copyCodes`, their blocks.
 */
import type { CodedVectors, Lists } from '../../kernels/codes.js';
import { positionOf } from '../binary-search.js';
import type { ColumnFile } from '../segment/column-file.js';
import { damaged } from '../segment/segment-layout.js';
import { ListBlocks, type ListPlace } from './list-blocks.js';
import { noList, type RowCopies } from './row-coding.js';

/** The columns of this file. */
export const copyColumns = {
  number: 'copyNumber',
  first: 'copyFirst',
  offset: 'copyOffset',
  row: 'copyRow',
  codes: 'copyCodes',
} as const;

export class SealedCopies implements RowCopies {
  /** uint32[copies]: the row at each position. */
  readonly rows: Uint32Array;
  readonly #blocks: ListBlocks;
  readonly #rowCount: number;

  /** Those of `file`; its bytes must stay mapped. DATA_LOSS when the columns do not fit each other. */
  constructor(file: ColumnFile, path: string, subquantizers: number) {
    this.#rowCount = file.layout.rows;
    this.rows = file.u32(copyColumns.row);
    const columns = {
      numbers: file.u32(copyColumns.number),
      firsts: file.u32(copyColumns.first),
      offsets: file.u64(copyColumns.offset),
      codes: file.u8(copyColumns.codes),
    };
    this.#blocks = new ListBlocks(columns, this.rows.length, subquantizers);
    const fits = this.#blocks.isWhole && this.rows.length <= this.#rowCount;
    if (!fits || (this.rows.length > 0 && columns.numbers.length === 0))
      throw damaged(path, 'the table of second lists');
  }

  /** All `count` lists of the structure as a search reads them; positions are those of `rows`. */
  all(count: number): Lists {
    return this.#blocks.all(count);
  }

  /** Where the positions of `list` and their codes are; null where it is no row's second list. */
  place(list: number): ListPlace | null {
    return this.#blocks.place(list);
  }

  /** uint32, ascending: the rows whose second list is `list`. */
  rowsOf(list: number): Uint32Array {
    const at = this.#blocks.at(list);
    const first = this.#blocks.firsts[at] ?? 0;
    return this.rows.subarray(first, first + (this.#blocks.counts[at] ?? 0));
  }

  lists(): Uint32Array {
    const lists = new Uint32Array(this.#rowCount).fill(noList);
    const { numbers, firsts, counts } = this.#blocks;
    numbers.forEach((list, at) => {
      for (let i = firsts[at]!; i < firsts[at]! + counts[at]!; i += 1) lists[this.rows[i]!] = list;
    });
    return lists;
  }

  read(list: number, rows: Uint32Array, into: CodedVectors): void {
    const own = this.rowsOf(list);
    this.#blocks.read(list, rows.map((row) => positionOf(own, row)), into); // prettier-ignore
  }
}
