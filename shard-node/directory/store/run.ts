/** A sorted run on disk, mapped: finds one id in a block or two, and walks in order. Every block is checked before its first use. */
import { crc32 } from 'node:zlib';
import { limits } from '../../../base/limits.js';
import type { Files } from '../../../vector-index/files.js';
import type { DirectoryEntry } from './directory-entry.js';
import { mayHold, type IdProbe } from './id-filter.js';
import { damaged, decodeFooter, decodeValue, runFormat, skipValue, torn } from './run-format.js';

type Mapped = ReturnType<Files['map']>;

export class Run {
  readonly path: string;
  readonly entries: number;
  /** Bytes on disk. */
  readonly bytes: number;
  readonly #mapped: Mapped;
  readonly #file: Buffer;
  readonly #offsets: Float64Array;
  readonly #crcs: Uint32Array;
  readonly #idOffsets: Uint32Array;
  readonly #firstIds: Buffer;
  readonly #filter: Buffer;
  /** uint8[blocks]: 1 = its checksum was compared. */
  readonly #checked: Uint8Array;

  private constructor(path: string, mapped: Mapped) {
    const { bytes } = mapped;
    const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { entries, blocks, indexOffset, filterOffset, filterBytes, indexCrc } = decodeFooter(file, path);
    const indexEnd = file.length - runFormat.footerBytes;
    if (crc32(file.subarray(indexOffset, indexEnd)) !== indexCrc) throw damaged(path, 'its index');
    // Aligned copies: what lies in the file begins anywhere.
    const column = (at: number, size: number): ArrayBuffer => Uint8Array.from(file.subarray(at, at + size)).buffer;
    const crcsAt = indexOffset + (blocks + 1) * 8;
    const idOffsetsAt = crcsAt + blocks * 4;
    this.path = path;
    this.entries = entries;
    this.bytes = file.length;
    this.#mapped = mapped;
    this.#file = file;
    this.#offsets = new Float64Array(column(indexOffset, (blocks + 1) * 8));
    this.#crcs = new Uint32Array(column(crcsAt, blocks * 4));
    this.#idOffsets = new Uint32Array(column(idOffsetsAt, (blocks + 1) * 4));
    this.#firstIds = file.subarray(idOffsetsAt + (blocks + 1) * 4, filterOffset);
    this.#filter = file.subarray(filterOffset, filterOffset + filterBytes);
    this.#checked = new Uint8Array(blocks);
  }

  /** Maps the run at `path`. DATA_LOSS when it is damaged or missing, FAILED_PRECONDITION when a newer Shoal wrote it. */
  static open(files: Files, path: string): Run {
    const mapped = mapRun(files, path);
    try {
      return new Run(path, mapped);
    } catch (error) {
      mapped.close();
      throw error;
    }
  }

  get blocks(): number {
    return this.#crcs.length;
  }

  /** The entry of the id `id[0 … idBytes)`; null = the run says that it is gone; undefined = the run does not know it. */
  get(id: Buffer, idBytes: number, probe: IdProbe): DirectoryEntry | null | undefined {
    if (!mayHold(this.#filter, probe)) return undefined;
    const block = this.blockOf(id, idBytes);
    if (block < 0) return undefined;
    this.checkBlock(block);
    const at = this.#find(block, id, idBytes);
    return at === null ? undefined : decodeValue(this.#file, at);
  }

  /** The last block whose first id is not above the id; -1 = all are. */
  blockOf(id: Buffer, idBytes: number): number {
    let low = 0;
    let high = this.blocks;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compareFirst(middle, id, idBytes) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Where block `block` begins in `file`; that of block number `blocks` is the end of the last one. */
  offsetOf(block: number): number {
    return this.#offsets[block]!;
  }

  get file(): Buffer {
    return this.#file;
  }

  /** DATA_LOSS unless block `block` is as it was written. */
  checkBlock(block: number): void {
    if (this.#checked[block] === 1) return;
    const bytes = this.#file.subarray(this.#offsets[block], this.#offsets[block + 1]);
    if (crc32(bytes) !== this.#crcs[block]) throw damaged(this.path, `block ${block}`);
    this.#checked[block] = 1;
  }

  /**
   * DATA_LOSS where the run was cut short, or could not be read, since it was opened: what was read of it then may be zeros. To be called
   * after reading, before anybody uses what was read.
   */
  requireWhole(): void {
    if (this.#mapped.isTorn) throw torn(this.path);
  }

  /** Idempotent. */
  close(): void {
    this.#mapped.close();
  }

  #compareFirst(block: number, id: Buffer, idBytes: number): number {
    const start = this.#idOffsets[block]!;
    const length = this.#idOffsets[block + 1]! - start;
    const common = Math.min(length, idBytes);
    for (let at = 0; at < common; at += 1) {
      const difference = this.#firstIds[start + at]! - id[at]!;
      if (difference !== 0) return difference;
    }
    return length - idBytes;
  }

  /** The position of the id's value in its block, or null. No id is put together: what it shares with the one before says enough. */
  #find(block: number, id: Buffer, idBytes: number): number | null {
    const file = this.#file;
    const end = this.#offsets[block + 1]!;
    let at = this.#offsets[block]!;
    let common = 0;
    while (at < end) {
      const shared = file[at]!;
      const suffix = file[at + 1]! | (file[at + 2]! << 8);
      const value = at + 3 + suffix;
      // It leaves the id before where that was still equal to the one looked for: it is larger.
      if (shared < common) return null;
      if (shared === common) {
        let matched = 0;
        const most = Math.min(suffix, idBytes - common);
        while (matched < most && file[at + 3 + matched] === id[common + matched]) matched += 1;
        common += matched;
        if (matched === suffix && common === idBytes) return value;
        if (common === idBytes || (matched < suffix && file[at + 3 + matched]! > id[common]!)) return null;
      }
      at = skipValue(file, value);
    }
    return null;
  }
}

/** Walks the entries of a run in the order of their ids. */
export class RunCursor {
  readonly #run: Run;
  /** The present id is `id[0 … idBytes)`. */
  readonly id = Buffer.alloc(limits.idBytesMax);
  idBytes = 0;
  #block = -1;
  #next = 0;
  #blockEnd = 0;
  #value = 0;

  /** A cursor before the first entry of `run`. */
  constructor(run: Run) {
    this.#run = run;
  }

  /** The value of the present entry as it lies in the file. */
  get value(): Buffer {
    return this.#run.file.subarray(this.#value, this.#next);
  }

  get valueAt(): number {
    return this.#value;
  }

  get file(): Buffer {
    return this.#run.file;
  }

  /** To the next entry; false at the end. */
  next(): boolean {
    if (this.#next >= this.#blockEnd && !this.#enter(this.#block + 1)) return false;
    const { file } = this.#run;
    const at = this.#next;
    const shared = file[at]!;
    const suffix = file[at + 1]! | (file[at + 2]! << 8);
    this.idBytes = shared + suffix;
    this.#value = at + 3 + suffix;
    file.copy(this.id, shared, at + 3, this.#value);
    this.#next = skipValue(file, this.#value);
    return true;
  }

  /** To the first entry whose id is above `id[0 … idBytes)`; false when there is none. */
  seekAfter(id: Buffer, idBytes: number): boolean {
    const block = Math.max(0, this.#run.blockOf(id, idBytes));
    if (!this.#enter(block)) return false;
    while (this.next()) {
      if (this.compare(id, idBytes) > 0) return true;
    }
    return false;
  }

  /** Negative, 0 or positive as the present id comes before, is, or comes after the other. */
  compare(id: Buffer, idBytes: number): number {
    const common = Math.min(idBytes, this.idBytes);
    for (let at = 0; at < common; at += 1) {
      const difference = this.id[at]! - id[at]!;
      if (difference !== 0) return difference;
    }
    return this.idBytes - idBytes;
  }

  #enter(block: number): boolean {
    if (block >= this.#run.blocks) return false;
    this.#run.checkBlock(block);
    this.#block = block;
    this.#next = this.#run.offsetOf(block);
    this.#blockEnd = this.#run.offsetOf(block + 1);
    return true;
  }
}

function mapRun(files: Files, path: string): Mapped {
  try {
    return files.map(path);
  } catch (thrown) {
    const { code } = thrown as { code?: string };
    if (code === 'NOT_FOUND' || code === 'ENOENT') throw damaged(path, 'it is missing, and so all of it');
    throw thrown;
  }
}
