/**
 * The rows of a segment under a newer structure than its own: their lists, and their codes, from the vectors that it keeps. What comes
 * out is what coding the documents as they came would have given.
 */
import { codeBytes, recordBytes, type CodedVectors } from '../../kernels/codes.js';
import { toFloat32 } from '../../kernels/kernels.js';
import { hasBit } from '../bitmap.js';
import type { Slices } from '../maintenance/slices.js';
import { byList, rowsByKey } from '../segment/key-order.js';
import type { SegmentReader } from '../segment/segment-reader.js';
import type { ListCoder } from './list-coder.js';
import type { RowCoding } from './row-coding.js';

/** Rows whose lists are found, and rows that are coded, in one go: less than a millisecond's work. */
const assignRows = 32;
const codeRows = 128;

export interface RecodedRows {
  /** uint32[rows]: the new list of each row; 0 where it has no vector. */
  readonly lists: Uint32Array;
  /** uint32[rows]: the new list of the primary passage, where that is in the segment. */
  readonly homes: Uint32Array;
  readonly coding: RowCoding;
}

/** The first `rowCount` rows of `reader`, which must stay open while the answer is used. */
export async function recodeSegment(
  reader: SegmentReader,
  rowCount: number,
  { coder, slices }: { readonly coder: ListCoder; readonly slices: Slices },
): Promise<RecodedRows> {
  const lists = await newLists(reader, rowCount, { coder, slices });
  const bytes = codeBytes(coder.subquantizers);
  const all = { codes: new Uint8Array(rowCount * bytes), factors: new Int16Array(2 * rowCount) };
  const rows = byList(
    Uint32Array.from({ length: rowCount }, (_, row) => row),
    lists,
  );
  for (const run of runsOf(rows, lists)) {
    const dense = run.filter((row) => isDense(reader, row));
    if (dense.length > 0) scatter(coder.encode(lists[run[0]!]!, pointsOf(reader, dense)), dense, bytes, all);
    await slices.pause();
  }
  return { lists, homes: newHomes(reader, rowCount, lists), coding: new RecodedCodes(reader, coder, all) };
}

class RecodedCodes implements RowCoding {
  readonly structureVersion: number;
  readonly subquantizers: number;
  readonly dsub: number;
  readonly #reader: SegmentReader;
  readonly #coder: ListCoder;
  readonly #all: CodedVectors;

  constructor(reader: SegmentReader, coder: ListCoder, all: CodedVectors) {
    this.structureVersion = coder.structureVersion;
    this.subquantizers = coder.subquantizers;
    this.dsub = coder.dsub;
    this.#reader = reader;
    this.#coder = coder;
    this.#all = all;
  }

  read(_list: number, rows: Uint32Array, into: CodedVectors): void {
    const bytes = codeBytes(this.subquantizers);
    rows.forEach((row, i) => {
      into.codes.set(this.#all.codes.subarray(row * bytes, (row + 1) * bytes), i * bytes);
      into.factors.set(this.#all.factors.subarray(2 * row, 2 * row + 2), 2 * i);
    });
  }

  readSecond(list: number, rows: Uint32Array): Uint8Array {
    const dense = rows.filter((row) => isDense(this.#reader, row));
    const coded = this.#empty(dense.length);
    this.read(list, dense, coded);
    const records = this.#coder.encodeSecond(list, pointsOf(this.#reader, dense), coded);
    if (dense.length === rows.length) return records;
    const bytes = recordBytes(this.#coder.codedDim);
    const spread = new Uint8Array(rows.length * bytes);
    let from = 0;
    rows.forEach((row, i) => {
      if (!isDense(this.#reader, row)) return;
      spread.set(records.subarray(from, from + bytes), i * bytes);
      from += bytes;
    });
    return spread;
  }

  #empty(count: number): CodedVectors {
    return { codes: new Uint8Array(count * codeBytes(this.subquantizers)), factors: new Int16Array(2 * count) };
  }
}

async function newLists(
  reader: SegmentReader,
  rowCount: number,
  { coder, slices }: { readonly coder: ListCoder; readonly slices: Slices },
): Promise<Uint32Array> {
  const lists = new Uint32Array(rowCount);
  for (let from = 0; from < rowCount; from += assignRows) {
    const length = Math.min(assignRows, rowCount - from);
    const dense = Uint32Array.from({ length }, (_, i) => from + i).filter((row) => isDense(reader, row));
    const assigned = coder.assign(pointsOf(reader, dense));
    dense.forEach((row, i) => (lists[row] = assigned[i]!));
    await slices.pause();
  }
  return lists;
}

/** A further passage lies behind its primary one in the order of keys. */
function newHomes(reader: SegmentReader, rowCount: number, lists: Uint32Array): Uint32Array {
  const { passages, docIds } = reader;
  if (passages === null) return lists;
  const homes = new Uint32Array(rowCount);
  let primary = -1;
  for (const row of rowsByKey(reader, rowCount)) {
    if (passages[row] === 0) primary = row;
    const isKnown = primary >= 0 && docIds[primary] === docIds[row];
    homes[row] = isKnown ? lists[primary]! : reader.origin(row).home;
  }
  return homes;
}

/** Rows of one list each, short enough to be coded in one go. */
function* runsOf(rows: Uint32Array, lists: Uint32Array): Generator<Uint32Array> {
  for (let from = 0; from < rows.length;) {
    let to = from + 1;
    while (to < rows.length && to - from < codeRows && lists[rows[to]!] === lists[rows[from]!]) to += 1;
    yield rows.subarray(from, to);
    from = to;
  }
}

function scatter({ codes, factors }: CodedVectors, rows: Uint32Array, bytes: number, into: CodedVectors): void {
  rows.forEach((row, i) => {
    into.codes.set(codes.subarray(i * bytes, (i + 1) * bytes), row * bytes);
    into.factors.set(factors.subarray(2 * i, 2 * i + 2), 2 * row);
  });
}

/** float32[rows, dim] */
function pointsOf({ dense, dim }: SegmentReader, rows: Uint32Array): Float32Array {
  const halves = new Uint16Array(rows.length * dim);
  if (dense !== null) rows.forEach((row, i) => halves.set(dense.subarray(row * dim, (row + 1) * dim), i * dim));
  return toFloat32(halves);
}

function isDense({ dense, densePresent }: SegmentReader, row: number): boolean {
  return dense !== null && (densePresent === null || hasBit(densePresent, row));
}
