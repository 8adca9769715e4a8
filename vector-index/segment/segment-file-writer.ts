/** Writes the columns of a segment file one after another, with bounded memory and in slices, and commits it whole. */
import { crc32 } from 'node:zlib';
import { commitFile, temporarySuffix } from '../durable-file.js';
import type { Files, WritableFile } from '../files.js';
import type { Slices } from '../maintenance/slices.js';
import {
  blockBytes,
  columnAlignment,
  directoryAndFooter,
  fileHeader,
  type ColumnEntry,
  type SegmentDirectory,
} from './segment-layout.js';

const flushBytes = 1024 * 1024;
/** Most segments that are sealed are small. */
const firstBufferBytes = 64 * 1024;

export interface WriterParts {
  readonly slices: Slices;
  /** One of `segmentFormats`. */
  readonly format: number;
}

export class SegmentFileWriter {
  readonly #files: Files;
  readonly #path: string;
  readonly #file: WritableFile;
  readonly #slices: Slices;
  readonly #columns: { name: string; offset: number; bytes: number }[] = [];
  readonly #checksums: number[] = [];
  #buffer: Buffer = Buffer.allocUnsafe(firstBufferBytes);
  #used = 0;
  /** Position in the buffer up to which the current column is in the checksums. */
  #checked = 0;
  #blockFilled = 0;
  #blockChecksum = 0;
  /** File position of the buffer's begin. */
  #flushed = 0;

  private constructor(files: Files, path: string, file: WritableFile, { slices, format }: WriterParts) {
    this.#files = files;
    this.#path = path;
    this.#file = file;
    this.#slices = slices;
    this.bytes(fileHeader('SHOALSEG', format));
  }

  /** Begins the file under its temporary name. */
  static async create(files: Files, path: string, parts: WriterParts): Promise<SegmentFileWriter> {
    return new SegmentFileWriter(files, path, await files.create(path + temporarySuffix), parts);
  }

  /** Ends the column before and begins `name`. */
  column(name: string): void {
    this.#endColumn();
    this.#pad();
    this.#checked = this.#used;
    this.#columns.push({ name, offset: this.#flushed + this.#used, bytes: 0 });
  }

  /** Appends a copy of `bytes`. */
  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#used = this.#buffer.writeUInt8(value, this.#used);
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#used = this.#buffer.writeUInt32LE(value, this.#used);
  }

  u64(value: bigint): void {
    this.#reserve(8);
    this.#used = this.#buffer.writeBigUInt64LE(value, this.#used);
  }

  /** Writes out what has gathered and gives the event loop back when it is time; call every few rows. */
  async pause(): Promise<void> {
    if (this.#used >= flushBytes) await this.#flush();
    if (this.#slices.isOver) await this.#slices.pause();
  }

  /** Writes directory and footer, fsyncs and renames the file to its name. */
  async commit(directory: Omit<SegmentDirectory, 'columns' | 'blockBytes'>): Promise<void> {
    this.#endColumn();
    this.#pad();
    const columns: readonly ColumnEntry[] = this.#columns;
    this.bytes(directoryAndFooter({ ...directory, blockBytes, columns }, this.#checksums, this.#flushed + this.#used));
    this.#checked = this.#used;
    await this.#flush();
    await this.#file.sync();
    await this.#file.close();
    await commitFile(this.#files, this.#path + temporarySuffix, this.#path);
  }

  /** Removes what was written. */
  async abort(): Promise<void> {
    await this.#file.close();
    await this.#files.remove(this.#path + temporarySuffix);
  }

  async #flush(): Promise<void> {
    this.#updateChecksums();
    await this.#file.write(this.#buffer.subarray(0, this.#used));
    this.#flushed += this.#used;
    this.#used = 0;
    this.#checked = 0;
  }

  #endColumn(): void {
    if (this.#columns.length === 0) return;
    this.#updateChecksums();
    if (this.#blockFilled > 0) this.#endBlock();
  }

  #endBlock(): void {
    this.#checksums.push(this.#blockChecksum);
    this.#blockFilled = 0;
    this.#blockChecksum = 0;
  }

  #updateChecksums(): void {
    const column = this.#columns.at(-1);
    if (column === undefined) return;
    while (this.#checked < this.#used) {
      const end = Math.min(this.#used, this.#checked + blockBytes - this.#blockFilled);
      this.#blockChecksum = crc32(this.#buffer.subarray(this.#checked, end), this.#blockChecksum);
      this.#blockFilled += end - this.#checked;
      column.bytes += end - this.#checked;
      this.#checked = end;
      if (this.#blockFilled === blockBytes) this.#endBlock();
    }
  }

  #pad(): void {
    const padding = -(this.#flushed + this.#used) & (columnAlignment - 1);
    this.bytes(new Uint8Array(padding));
  }

  #reserve(count: number): void {
    if (this.#used + count <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#used + count));
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
  }
}
