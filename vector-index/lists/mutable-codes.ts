/** The codes of a segment that grows: row by row, in the same codes as those of sealed segments. */
import { codeBytes, recordBytes, type CodedVectors } from '../../kernels/codes.js';
import { grown } from '../segment/growable.js';
import type { RowCode } from './code-documents.js';
import type { CodeShape, RowCoding } from './row-coding.js';

export class MutableCodes implements RowCoding {
  readonly structureVersion: number;
  readonly subquantizers: number;
  readonly dsub: number;
  /** Bytes of a row's code, and of its record. */
  readonly codeBytes: number;
  readonly #recordBytes: number;
  #codes = new Uint8Array(0);
  #factors = new Int16Array(0);
  #records = new Uint8Array(0);

  constructor({ structureVersion, subquantizers, dsub }: CodeShape) {
    this.structureVersion = structureVersion;
    this.subquantizers = subquantizers;
    this.dsub = dsub;
    this.codeBytes = codeBytes(subquantizers);
    this.#recordBytes = recordBytes(subquantizers * dsub);
  }

  /** Bytes of one row. */
  get rowBytes(): number {
    return this.codeBytes + 4 + this.#recordBytes;
  }

  /** Room for `rows` rows; what has no code is zero. */
  makeRoom(rows: number): void {
    this.#codes = grown(this.#codes, rows * this.codeBytes);
    this.#factors = grown(this.#factors, rows * 2);
    this.#records = grown(this.#records, rows * this.#recordBytes);
  }

  set(row: number, { code, factors, record }: RowCode): void {
    this.#codes.set(code, row * this.codeBytes);
    this.#factors.set(factors, row * 2);
    this.#records.set(record, row * this.#recordBytes);
  }

  /** Codes and factors of the first `rows` rows, as views that stay what they are. */
  first(rows: number): CodedVectors {
    return { codes: this.#codes.subarray(0, rows * this.codeBytes), factors: this.#factors.subarray(0, rows * 2) };
  }

  read(_list: number, rows: Uint32Array, { codes, factors }: CodedVectors): void {
    const bytes = this.codeBytes;
    rows.forEach((row, i) => {
      codes.set(this.#codes.subarray(row * bytes, (row + 1) * bytes), i * bytes);
      factors[2 * i] = this.#factors[2 * row]!;
      factors[2 * i + 1] = this.#factors[2 * row + 1]!;
    });
  }

  readSecond(_list: number, rows: Uint32Array): Uint8Array {
    const bytes = this.#recordBytes;
    const records = new Uint8Array(rows.length * bytes);
    rows.forEach((row, i) => records.set(this.#records.subarray(row * bytes, (row + 1) * bytes), i * bytes));
    return records;
  }
}
