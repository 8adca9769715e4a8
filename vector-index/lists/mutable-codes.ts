/** The codes of a segment that grows: row by row, in the same codes as those of sealed segments. */
import { codeBytes, recordBytes, secondKindOf, type CodedVectors } from '../../kernels/codes.js';
import { grown } from '../segment/growable.js';
import { gatherCodes, gatherRecords } from './coded-rows.js';
import type { RowCode, RowCopy } from './code-documents.js';
import { noList, type CodeShape, type RowCoding, type RowCopies } from './row-coding.js';

export class MutableCodes implements RowCoding {
  readonly structureVersion: number;
  readonly subquantizers: number;
  readonly dsub: number;
  readonly secondKind: number;
  /** Bytes of a row's code, and of its record. */
  readonly codeBytes: number;
  readonly copies: MutableCopies | null;
  readonly #recordBytes: number;
  readonly #first: GrowingFirsts;
  #records = new Uint8Array(0);

  constructor({ structureVersion, subquantizers, dsub, secondKind, hasCopies }: CodeShape) {
    this.structureVersion = structureVersion;
    this.subquantizers = subquantizers;
    this.dsub = dsub;
    this.secondKind = secondKindOf({ secondKind });
    this.codeBytes = codeBytes(subquantizers);
    this.#first = new GrowingFirsts(this.codeBytes);
    this.copies = hasCopies ? new MutableCopies(this.codeBytes) : null;
    this.#recordBytes = recordBytes(subquantizers * dsub, this.secondKind);
  }

  get hasCopies(): boolean {
    return this.copies !== null;
  }

  /** Bytes of one row. */
  get rowBytes(): number {
    return this.codeBytes + 4 + this.#recordBytes + (this.copies?.rowBytes ?? 0);
  }

  /** Room for `rows` rows; what has no code is zero. */
  makeRoom(rows: number): void {
    this.#first.makeRoom(rows);
    this.copies?.makeRoom(rows);
    this.#records = grown(this.#records, rows * this.#recordBytes);
  }

  set(row: number, code: RowCode): void {
    this.#first.set(row, code);
    if (code.copy !== null) this.copies?.set(row, code.copy);
    this.#records.set(code.record, row * this.#recordBytes);
  }

  /** Codes, factors and records of the first `rows` rows, as views; rows that were set stay what they are. */
  first(rows: number): CodedVectors & { readonly records: Uint8Array } {
    return { ...this.#first.first(rows), records: this.#records.subarray(0, rows * this.#recordBytes) };
  }

  read(_list: number, rows: Uint32Array, into: CodedVectors): void {
    this.#first.read(rows, into);
  }

  readSecond(_list: number, rows: Uint32Array): Uint8Array {
    return gatherRecords(this.#records, rows, this.#recordBytes);
  }
}

/** The rows in their second lists. */
export class MutableCopies implements RowCopies {
  readonly #codes: GrowingFirsts;
  readonly #codeBytes: number;
  #lists = new Uint32Array(0);

  constructor(bytes: number) {
    this.#codes = new GrowingFirsts(bytes);
    this.#codeBytes = bytes;
  }

  get rowBytes(): number {
    return this.#codeBytes + 8;
  }

  makeRoom(rows: number): void {
    const before = this.#lists.length;
    this.#codes.makeRoom(rows);
    this.#lists = grown(this.#lists, rows).fill(noList, before);
  }

  set(row: number, copy: RowCopy): void {
    this.#codes.set(row, copy);
    this.#lists[row] = copy.list;
  }

  /** As those of the first lists. */
  first(rows: number): CodedVectors {
    return this.#codes.first(rows);
  }

  lists(): Uint32Array {
    return this.#lists;
  }

  read(_list: number, rows: Uint32Array, into: CodedVectors): void {
    this.#codes.read(rows, into);
  }
}

/** First codes and factors, row by row. */
class GrowingFirsts {
  readonly #bytes: number;
  #codes = new Uint8Array(0);
  #factors = new Int16Array(0);

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  makeRoom(rows: number): void {
    this.#codes = grown(this.#codes, rows * this.#bytes);
    this.#factors = grown(this.#factors, rows * 2);
  }

  set(row: number, { code, factors }: Pick<RowCode, 'code' | 'factors'>): void {
    this.#codes.set(code, row * this.#bytes);
    this.#factors.set(factors, row * 2);
  }

  first(rows: number): CodedVectors {
    return { codes: this.#codes.subarray(0, rows * this.#bytes), factors: this.#factors.subarray(0, rows * 2) };
  }

  read(rows: Uint32Array, into: CodedVectors): void {
    gatherCodes({ codes: this.#codes, factors: this.#factors }, rows, this.#bytes, into);
  }
}
