/**
 * The rows of a segment under a newer structure than its own: their lists, and their codes, from the vectors that it keeps. What comes
 * out is what coding the documents as they came would have given.
 */
import { codeBytes, encodeBatch, recordBytes, type CodedVectors } from '../../kernels/codes.js';
import { toFloat32 } from '../../kernels/kernels.js';
import type { Slices } from '../maintenance/slices.js';
import { rowsByKey } from '../segment/key-order.js';
import { hasDense, type SegmentReader } from '../segment/segment-reader.js';
import { gatherCodes, scatterCodes, scatterRecords } from './coded-rows.js';
import type { ListCoder } from './list-coder.js';
import { noList, type RowCoding, type RowCopies } from './row-coding.js';

/** Rows that are coded, and rows whose second lists are found, in one go: half a millisecond's work where they have 384 components. */
const codeRows = 128;
const secondRows = 32;

/** Products of two numbers that finding lists takes in one go: half a millisecond to two, by machine. */
const productsPerTurn = 25_000_000;

/** Rows whose lists the kernel finds together: fewer take as long. */
const rowsTogether = 16;

export interface RecodedRows {
  /** uint32[rows]: the new list of each row; 0 where it has no vector. */
  readonly lists: Uint32Array;
  /** uint32[rows]: the new list of the primary passage, where that is in the segment. */
  readonly homes: Uint32Array;
  readonly coding: RowCoding;
}

/** The first `rowCount` rows of `reader`, which must stay open while the answer is used. */
export async function recodeSegment(reader: SegmentReader, rowCount: number, parts: Parts): Promise<RecodedRows> {
  const { coder } = parts;
  const lists = await newLists(reader, rowCount, parts);
  const codes = await newCodes(reader, lists, parts);
  const seconds = coder.hasCopies ? await newSeconds(reader, lists, parts) : null;
  const bytes = codeBytes(coder.subquantizers);
  const copies = seconds === null ? null : new RecodedCopies(seconds, await newCodes(reader, seconds, parts), bytes);
  return {
    lists,
    homes: newHomes(reader, rowCount, lists),
    coding: new RecodedCodes(reader, coder, { codes, copies }),
  };
}

/** First codes of rows in the `lists` given, of all but those in no list. */
async function newCodes(reader: SegmentReader, lists: Uint32Array, { coder, slices }: Parts): Promise<CodedVectors> {
  const bytes = codeBytes(coder.subquantizers);
  const all = { codes: new Uint8Array(lists.length * bytes), factors: new Int16Array(2 * lists.length) };
  for (let from = 0; from < lists.length; from += codeRows) {
    const dense = denseRows(reader, from, Math.min(codeRows, lists.length - from));
    const rows = dense.filter((row) => lists[row] !== noList);
    const own = rows.map((row) => lists[row]!);
    scatterCodes(encodeBatch(coder.batch(pointsOf(reader, rows), own, false)), rows, bytes, all);
    await slices.pause();
  }
  return all;
}

interface Parts {
  readonly coder: ListCoder;
  readonly slices: Slices;
}

class RecodedCopies implements RowCopies {
  readonly #lists: Uint32Array;
  readonly #codes: CodedVectors;
  readonly #bytes: number;

  constructor(lists: Uint32Array, codes: CodedVectors, bytes: number) {
    this.#lists = lists;
    this.#codes = codes;
    this.#bytes = bytes;
  }

  lists(): Uint32Array {
    return this.#lists;
  }

  read(_list: number, rows: Uint32Array, into: CodedVectors): void {
    gatherCodes(this.#codes, rows, this.#bytes, into);
  }
}

class RecodedCodes implements RowCoding {
  readonly structureVersion: number;
  readonly subquantizers: number;
  readonly dsub: number;
  readonly secondKind: number;
  readonly #reader: SegmentReader;
  readonly #coder: ListCoder;
  readonly #codes: CodedVectors;
  readonly copies: RecodedCopies | null;

  constructor(
    reader: SegmentReader,
    coder: ListCoder,
    { codes, copies }: { readonly codes: CodedVectors; readonly copies: RecodedCopies | null },
  ) {
    this.structureVersion = coder.structureVersion;
    this.subquantizers = coder.subquantizers;
    this.dsub = coder.dsub;
    this.secondKind = coder.secondKind;
    this.#reader = reader;
    this.#coder = coder;
    this.#codes = codes;
    this.copies = copies;
  }

  get hasCopies(): boolean {
    return this.copies !== null;
  }

  read(_list: number, rows: Uint32Array, into: CodedVectors): void {
    gatherCodes(this.#codes, rows, codeBytes(this.subquantizers), into);
  }

  readSecond(list: number, rows: Uint32Array): Uint8Array {
    const dense = rows.filter((row) => hasDense(this.#reader, row));
    const batch = this.#coder.batch(pointsOf(this.#reader, dense), new Uint32Array(dense.length).fill(list));
    const records = encodeBatch(batch).records!;
    if (dense.length === rows.length) return records;
    const bytes = recordBytes(this.#coder.codedDim, this.secondKind);
    const spread = new Uint8Array(rows.length * bytes);
    const positions = [...rows.keys()].filter((i) => hasDense(this.#reader, rows[i]!));
    scatterRecords(records, positions, bytes, spread);
    return spread;
  }
}

async function newLists(reader: SegmentReader, rowCount: number, { coder, slices }: Parts): Promise<Uint32Array> {
  const lists = new Uint32Array(rowCount);
  const products = rowsTogether * coder.listCount * coder.dim;
  const isSlow = products > 2 * productsPerTurn;
  const rows = rowsTogether * Math.min(8, Math.max(1, Math.floor(productsPerTurn / products)));
  for (let from = 0; from < rowCount; from += rows) {
    const dense = denseRows(reader, from, Math.min(rows, rowCount - from));
    const points = pointsOf(reader, dense);
    // Of tens of thousands of lists even the fewest rows would hold others up.
    const assigned = isSlow ? await coder.assignAsync(points) : coder.assign(points);
    dense.forEach((row, i) => (lists[row] = assigned[i]!));
    await slices.pause();
  }
  return lists;
}

/** uint32[rows]: second lists of rows in the `lists` given. */
async function newSeconds(reader: SegmentReader, lists: Uint32Array, { coder, slices }: Parts): Promise<Uint32Array> {
  const seconds = new Uint32Array(lists.length).fill(noList);
  for (let from = 0; from < lists.length; from += secondRows) {
    const dense = denseRows(reader, from, Math.min(secondRows, lists.length - from));
    const own = dense.map((row) => lists[row]!);
    const assigned = coder.assignSecond(pointsOf(reader, dense), own);
    dense.forEach((row, i) => (seconds[row] = assigned[i] === own[i] ? noList : assigned[i]!));
    await slices.pause();
  }
  return seconds;
}

/** uint32[rowCount]: the homes of rows whose lists are `lists` now. A further passage lies behind its primary one in the order of keys. */
export function newHomes(reader: SegmentReader, rowCount: number, lists: Uint32Array): Uint32Array {
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

/** The rows of `count` from `from` on that have a vector. */
function denseRows(reader: SegmentReader, from: number, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => from + i).filter((row) => hasDense(reader, row));
}

/** float32[rows, dim]: the vectors of some rows. */
export function pointsOf({ dense, dim }: SegmentReader, rows: Uint32Array): Float32Array {
  const halves = new Uint16Array(rows.length * dim);
  if (dense !== null) rows.forEach((row, i) => halves.set(dense.subarray(row * dim, (row + 1) * dim), i * dim));
  return toFloat32(halves);
}
