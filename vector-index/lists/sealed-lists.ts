/**
 * The coded lists of a sealed segment: which lists it holds, where their rows and blocks are, and the second codes.
 *
 * Columns, all little-endian: `listNumber` u32, `listFirst` u32 and `listOffset` u64 of every list that has rows, in ascending order of
 * lists; `codes`, the blocks of every list (kernels/adc-scan/adc-scan.h), each beginning at a multiple of 64; `second`, a record
 * (kernels/second-code/second-code.h) for every row. The rows of list i are `listFirst[i]` up to the first row of the next one. A row
 * without a vector has a code and a record of zeros, which nobody looks at.
 */
import { codeBytes, listBytes, recordBytes, unpackList, type CodedVectors, type Lists } from '../../kernels/codes.js';
import type { ColumnFile } from '../segment/column-file.js';
import { damaged } from '../segment/segment-layout.js';
import type { CodeShape, RowCoding } from './row-coding.js';

/** The columns of this file, and which of them are too large to check before the first answer. */
export const listColumns = {
  number: 'listNumber',
  first: 'listFirst',
  offset: 'listOffset',
  codes: 'codes',
  second: 'second',
} as const;

export class SealedLists implements RowCoding {
  readonly structureVersion: number;
  readonly subquantizers: number;
  readonly dsub: number;
  /** uint32[lists], ascending: the lists that have rows here. */
  readonly numbers: Uint32Array;
  /** uint32[lists] beside them: the first row, and how many there are. */
  readonly firsts: Uint32Array;
  readonly counts: Uint32Array;
  readonly #offsets: BigUint64Array;
  readonly #codes: Uint8Array;
  /** uint8[rows, recordBytes] */
  readonly records: Uint8Array;
  readonly #recordBytes: number;
  /** The list that was unpacked last: rows are read list by list. */
  #unpacked: { readonly at: number; readonly coded: CodedVectors } | null = null;

  /** The lists of `file`, which has `rows` rows; its bytes must stay mapped. DATA_LOSS when the columns do not fit each other. */
  constructor(file: ColumnFile, path: string, { structureVersion, subquantizers, dsub }: CodeShape) {
    const { rows } = file.layout;
    this.structureVersion = structureVersion;
    this.subquantizers = subquantizers;
    this.dsub = dsub;
    this.numbers = file.u32(listColumns.number);
    this.firsts = file.u32(listColumns.first);
    this.#offsets = file.u64(listColumns.offset);
    this.#codes = file.u8(listColumns.codes);
    this.records = file.u8(listColumns.second);
    this.#recordBytes = recordBytes(subquantizers * dsub);
    this.counts = this.firsts.map((first, at) => (this.firsts[at + 1] ?? rows) - first);
    const fits = this.numbers.length === this.firsts.length && this.#offsets.length === this.firsts.length;
    if (!fits || this.records.length !== rows * this.#recordBytes) throw damaged(path, 'the table of lists');
  }

  /** The lists numbered `wanted` (ascending) that have rows here, as positions in `numbers`; null = all. */
  positionsOf(wanted: Uint32Array | null): Uint32Array {
    if (wanted === null) return Uint32Array.from(this.numbers.keys());
    const found = new Uint32Array(wanted.length);
    let count = 0;
    for (const list of wanted) {
      const at = positionOf(this.numbers, list);
      if (at < 0) continue;
      found[count] = at;
      count += 1;
    }
    return found.subarray(0, count);
  }

  /** The lists at `positions` as a scan reads them. */
  pick(positions: Uint32Array): Lists {
    return {
      codes: this.#codes,
      offsets: BigUint64Array.from(positions, (at) => this.#offsets[at]!),
      counts: positions.map((at) => this.counts[at]!),
      firsts: positions.map((at) => this.firsts[at]!),
    };
  }

  read(list: number, rows: Uint32Array, { codes, factors }: CodedVectors): void {
    const at = positionOf(this.numbers, list);
    if (this.#unpacked?.at !== at) this.#unpacked = { at, coded: this.#unpack(at) };
    const { coded } = this.#unpacked;
    const first = this.firsts[at]!;
    const bytes = codeBytes(this.subquantizers);
    rows.forEach((row, i) => {
      const from = row - first;
      codes.set(coded.codes.subarray(from * bytes, (from + 1) * bytes), i * bytes);
      factors[2 * i] = coded.factors[2 * from]!;
      factors[2 * i + 1] = coded.factors[2 * from + 1]!;
    });
  }

  readSecond(_list: number, rows: Uint32Array): Uint8Array {
    const bytes = this.#recordBytes;
    const records = new Uint8Array(rows.length * bytes);
    rows.forEach((row, i) => records.set(this.records.subarray(row * bytes, (row + 1) * bytes), i * bytes));
    return records;
  }

  #unpack(at: number): CodedVectors {
    const start = Number(this.#offsets[at]!);
    const count = this.counts[at]!;
    const blocks = this.#codes.subarray(start, start + listBytes(this.subquantizers, count));
    return unpackList(this.subquantizers, blocks, count);
  }
}

/** Position of `list` in `numbers`, which ascend; −1 when it is not there. */
function positionOf(numbers: Uint32Array, list: number): number {
  let from = 0;
  let to = numbers.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (numbers[middle]! < list) from = middle + 1;
    else to = middle;
  }
  return from < numbers.length && numbers[from] === list ? from : -1;
}
