/** A segment file's bytes by column, with the checksums of their blocks. */
import { crc32 } from 'node:zlib';
import { present } from '../../base/assert.js';
import { ShoalError } from '../../base/errors.js';
import { damaged, headerBytes, isZero, parseLayout, type ColumnEntry, type SegmentLayout } from './segment-layout.js';

interface PlacedColumn extends ColumnEntry {
  /** Number of the column's first block among all blocks of the file. */
  readonly firstBlock: number;
}

export class ColumnFile {
  readonly layout: SegmentLayout;
  readonly #path: string;
  readonly #bytes: Uint8Array;
  readonly #columns = new Map<string, PlacedColumn>();
  readonly #verified: Uint8Array;
  #nextUnverified = 0;

  /** Parses the directory of `bytes`, which must stay mapped while this is used. Errors as `parseLayout`. */
  constructor(path: string, bytes: Uint8Array) {
    this.#path = path;
    this.#bytes = bytes;
    this.layout = parseLayout(path, bytes);
    let firstBlock = 0;
    for (const column of this.layout.columns) {
      this.#columns.set(column.name, { ...column, firstBlock });
      firstBlock += Math.ceil(column.bytes / this.layout.blockBytes);
    }
    this.#verified = new Uint8Array(firstBlock);
  }

  has(name: string): boolean {
    return this.#columns.has(name);
  }

  /** Column `name`; empty when the file has none. The same for the other types. */
  u8(name: string): Uint8Array {
    const column = this.#columns.get(name);
    return column === undefined ? new Uint8Array(0) : this.#bytes.subarray(column.offset, column.offset + column.bytes);
  }

  u16(name: string): Uint16Array {
    const bytes = this.u8(name);
    return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  }

  u32(name: string): Uint32Array {
    const bytes = this.u8(name);
    return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }

  u64(name: string): BigUint64Array {
    const bytes = this.u8(name);
    return new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  }

  i64(name: string): BigInt64Array {
    const bytes = this.u8(name);
    return new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  }

  f64(name: string): Float64Array {
    const bytes = this.u8(name);
    return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  }

  /** The error for columns that are whole and do not fit together. */
  contradiction(where: string): ShoalError {
    const message = `the columns ${where} of ${this.#path} contradict each other: the file is damaged; restore this replica from a peer`;
    return new ShoalError('DATA_LOSS', message, { details: { file: this.#path, where } });
  }

  /** Checks all blocks of a column. DATA_LOSS names the damaged one. */
  verifyColumn(name: string): void {
    this.verifyRange(name, 0, present(this.#columns.get(name), `column ${name}`).bytes);
  }

  /** Checks the blocks that hold bytes `from` to `to` of a column and were not checked before. */
  verifyRange(name: string, from: number, to: number): void {
    const column = this.#columns.get(name);
    if (column === undefined || from >= to) return;
    const { blockBytes } = this.layout;
    for (let block = Math.floor(from / blockBytes); block * blockBytes < to; block += 1) {
      if (this.#verified[column.firstBlock + block] === 0) this.#verifyBlock(column, block);
    }
  }

  /** Checks up to `blocks` unchecked blocks of the file; false when none is left. */
  verifyNext(blocks: number): boolean {
    let left = blocks;
    for (const column of this.#columns.values()) {
      const end = column.firstBlock + Math.ceil(column.bytes / this.layout.blockBytes);
      for (; this.#nextUnverified < end; this.#nextUnverified += 1) {
        if (this.#verified[this.#nextUnverified] === 1) continue;
        if (left === 0) return true;
        this.#verifyBlock(column, this.#nextUnverified - column.firstBlock);
        left -= 1;
      }
    }
    return this.#nextUnverified < this.#verified.length;
  }

  /** Messages of every damaged block, and of bytes between columns that are not zero; null after each mebibyte. Reads everything. */
  *problems(): Generator<string | null> {
    let end = headerBytes;
    for (const column of this.#columns.values()) {
      if (!this.#isPadding(end, column.offset)) yield this.#problem(`the padding before ${column.name}`);
      end = column.offset + column.bytes;
      for (let block = 0; block * this.layout.blockBytes < column.bytes; block += 1) {
        if (!this.#isWhole(column, block)) yield this.#problem(blockName(column, block));
        if ((block & 15) === 15) yield null;
      }
    }
    if (!this.#isPadding(end, this.layout.directoryOffset)) yield this.#problem('the padding behind the columns');
  }

  #isPadding(from: number, to: number): boolean {
    return isZero(this.#bytes.subarray(from, to));
  }

  #problem(where: string): string {
    return damaged(this.#path, where).message;
  }

  #verifyBlock(column: PlacedColumn, block: number): void {
    if (!this.#isWhole(column, block)) throw damaged(this.#path, blockName(column, block));
    this.#verified[column.firstBlock + block] = 1;
  }

  #isWhole(column: PlacedColumn, block: number): boolean {
    const { blockBytes, checksums } = this.layout;
    const start = column.offset + block * blockBytes;
    const end = Math.min(start + blockBytes, column.offset + column.bytes);
    return crc32(this.#bytes.subarray(start, end)) === checksums[column.firstBlock + block];
  }
}

function blockName(column: ColumnEntry, block: number): string {
  return `block ${block} of column ${column.name}`;
}
