/** A segment file's bytes by column, with the checksums of their blocks. */
import { present } from '../../base/assert.js';
import { ShoalError } from '../../base/errors.js';
import { BlockChecks } from './block-checks.js';
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
  readonly #checks: BlockChecks;

  /** Parses the directory of `bytes`, which must stay mapped while this is used. Errors as `parseLayout`. */
  constructor(path: string, bytes: Uint8Array) {
    this.#path = path;
    this.#bytes = bytes;
    this.layout = parseLayout(path, bytes);
    let firstBlock = 0;
    for (const column of this.layout.columns) {
      this.#columns.set(column.name, { ...column, firstBlock });
      firstBlock += blocksIn(column.bytes, this.layout);
    }
    const { starts, lengths } = placesOf(this.layout, firstBlock);
    const damagedAt = (block: number): ShoalError => damaged(path, this.#nameOf(block));
    this.#checks = new BlockChecks({ bytes, starts, lengths, sums: this.layout.checksums, damaged: damagedAt });
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

  /** Whether every block was checked. */
  get isChecked(): boolean {
    return this.#checks.isDone;
  }

  /** Checks all blocks of a column. DATA_LOSS names the damaged one. */
  verifyColumn(name: string): void {
    this.verifyRange(name, 0, present(this.#columns.get(name), `column ${name}`).bytes);
  }

  /** Checks the blocks that hold bytes `from` to `to` of a column and were not checked before, on this thread. */
  verifyRange(name: string, from: number, to: number): void {
    const column = this.#columns.get(name);
    if (column === undefined || from >= to || this.#checks.isDone) return;
    const { blockBytes } = this.layout;
    const first = column.firstBlock + Math.floor(from / blockBytes);
    this.#checks.checkNow(first, column.firstBlock + Math.ceil(to / blockBytes));
  }

  /** Adds to `into` the blocks that hold bytes `from` to `to` of a column and were not checked before; none where the file has no such column. */
  addUnchecked(into: Set<number>, name: string, from = 0, to = Infinity): void {
    const column = this.#columns.get(name);
    if (column === undefined) return;
    const { blockBytes } = this.layout;
    const end = column.firstBlock + Math.ceil(Math.min(to, column.bytes) / blockBytes);
    for (let block = column.firstBlock + Math.floor(from / blockBytes); block < end; block += 1)
      if (!this.#checks.isChecked(block)) into.add(block);
  }

  /** Checks `blocks` of `addUnchecked`, off the event loop where they are many. Errors as `BlockChecks.check`. */
  check(blocks: ReadonlySet<number>, signal?: AbortSignal): Promise<void> {
    return this.#checks.check(blocks, signal);
  }

  /** As `BlockChecks`. */
  checkNext(blocks: number): Promise<boolean> {
    return this.#checks.checkNext(blocks);
  }

  checkAgain(pause: () => Promise<void>): Promise<void> {
    return this.#checks.checkAgain(pause);
  }

  /** Messages of every damaged block, and of bytes between columns that are not zero; null after each mebibyte. Reads everything. */
  *problems(): Generator<string | null> {
    let end = headerBytes;
    for (const column of this.#columns.values()) {
      if (!this.#isPadding(end, column.offset)) yield this.#problem(`the padding before ${column.name}`);
      end = column.offset + column.bytes;
      for (let block = 0; block * this.layout.blockBytes < column.bytes; block += 1) {
        if (!this.#checks.isWhole(column.firstBlock + block)) yield this.#problem(blockName(column, block));
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

  #nameOf(block: number): string {
    const columns = [...this.#columns.values()];
    const column = present(
      columns.findLast(({ firstBlock, bytes }) => bytes > 0 && firstBlock <= block),
      'the column of a block',
    );
    return blockName(column, block - column.firstBlock);
  }
}

function blockName(column: ColumnEntry, block: number): string {
  return `block ${block} of column ${column.name}`;
}

function blocksIn(bytes: number, { blockBytes }: SegmentLayout): number {
  return Math.ceil(bytes / blockBytes);
}

/** Where each of the file's `count` blocks begins, and how long it is. */
function placesOf(layout: SegmentLayout, count: number): { starts: Float64Array; lengths: Uint32Array } {
  const { blockBytes, columns } = layout;
  const starts = new Float64Array(count);
  const lengths = new Uint32Array(count);
  let at = 0;
  for (const { offset, bytes } of columns) {
    for (let from = 0; from < bytes; from += blockBytes, at += 1) {
      starts[at] = offset + from;
      lengths[at] = Math.min(blockBytes, bytes - from);
    }
  }
  return { starts, lengths };
}
