/** Writes a run, entry after entry in the order of their ids, in pieces that give the event loop back. */
import { crc32 } from 'node:zlib';
import { bytesOf } from '../../../base/bytes.js';
import { limits } from '../../../base/limits.js';
import { diskError } from '../../../vector-index/durable-file.js';
import type { Files, WritableFile } from '../../../vector-index/files.js';
import type { DirectoryEntry } from './directory-entry.js';
import { addToFilter, filterBytesFor, probeOf, type IdProbe } from './id-filter.js';
import { encodeFooter, encodeHeader, encodeValue, runFormat, valueBytesMax } from './run-format.js';

/** Bytes gathered before they are handed to the file system. */
const pieceBytes = 64 * 1024;

export class RunWriter {
  readonly #path: string;
  readonly #file: WritableFile;
  readonly #filter: Uint8Array;
  readonly #probe: IdProbe = { first: 0, step: 0 };
  readonly #offsets: number[] = [];
  readonly #crcs: number[] = [];
  readonly #firstIds: Buffer[] = [];
  readonly #last = Buffer.alloc(limits.idBytesMax);
  #lastBytes = 0;
  #piece = Buffer.alloc(pieceBytes * 2);
  /** Bytes of `#piece` in use, and where in it the open block begins. */
  #used = 0;
  #blockStart = 0;
  /** Bytes of the file before `#piece`. */
  #written = 0;
  #entries = 0;

  private constructor(path: string, file: WritableFile, idsMax: number) {
    this.#path = path;
    this.#file = file;
    this.#filter = new Uint8Array(filterBytesFor(idsMax));
    this.#used = encodeHeader().copy(this.#piece);
    this.#blockStart = this.#used;
  }

  /** A new run at `path` of at most `idsMax` entries. The creator finishes or closes it. */
  static async create(files: Files, path: string, idsMax: number): Promise<RunWriter> {
    return new RunWriter(path, await failing(path, () => files.create(path)), idsMax);
  }

  /** Bytes that wait; above `pieceBytes` call `flush`. */
  get isPieceFull(): boolean {
    return this.#used >= pieceBytes;
  }

  /** Adds the id `idBuffer[0 … idBytes)`, which is larger than all before, with `entry`; null = it is gone. */
  add(id: Buffer, idBytes: number, entry: DirectoryEntry | null): void {
    const places = entry === null ? 0 : entry.places.length + entry.unheard.length;
    const at = this.#addId(id, idBytes, valueBytesMax(places));
    this.#used = encodeValue(entry, this.#piece, at);
    this.#endEntry();
  }

  /** As `add`, with a value as it lies in another run. */
  copy(id: Buffer, idBytes: number, value: Buffer): void {
    const at = this.#addId(id, idBytes, value.length);
    this.#used = at + value.copy(this.#piece, at);
    this.#endEntry();
  }

  /** Hands what was gathered to the file system. */
  async flush(): Promise<void> {
    this.#endBlock();
    const piece = this.#piece.subarray(0, this.#used);
    this.#written += this.#used;
    // The file system may still read the old one.
    this.#piece = Buffer.alloc(pieceBytes * 2);
    this.#used = this.#blockStart = 0;
    await failing(this.#path, () => this.#file.write(piece));
  }

  /** Completes the file; it is on disk when this resolves. RESOURCE_EXHAUSTED when the disk is full. */
  async finish(): Promise<void> {
    await this.flush();
    const index = this.#index();
    const footer = encodeFooter({
      entries: this.#entries,
      blocks: this.#crcs.length,
      indexOffset: this.#written,
      filterOffset: this.#written + index.length - this.#filter.length,
      filterBytes: this.#filter.length,
      indexCrc: crc32(index),
    });
    await failing(this.#path, async () => {
      await this.#file.write(index);
      await this.#file.write(footer);
      await this.#file.sync();
    });
    await this.close();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  #addId(id: Buffer, idBytes: number, valueBytes: number): number {
    this.#ensure(3 + idBytes + valueBytes);
    const isFirst = this.#used === this.#blockStart;
    if (isFirst) {
      this.#offsets.push(this.#written + this.#used);
      this.#firstIds.push(Buffer.from(id.subarray(0, idBytes)));
    }
    const shared = isFirst ? 0 : sharedBytes(this.#last, this.#lastBytes, id, idBytes);
    const at = this.#used;
    this.#piece[at] = shared;
    this.#piece.writeUInt16LE(idBytes - shared, at + 1);
    id.copy(this.#piece, at + 3, shared, idBytes);
    id.copy(this.#last, shared, shared, idBytes);
    this.#lastBytes = idBytes;
    probeOf(id.subarray(0, idBytes), this.#probe);
    addToFilter(this.#filter, this.#probe);
    return at + 3 + idBytes - shared;
  }

  #endEntry(): void {
    this.#entries += 1;
    if (this.#used - this.#blockStart >= runFormat.blockBytes) this.#endBlock();
  }

  #endBlock(): void {
    if (this.#used === this.#blockStart) return;
    this.#crcs.push(crc32(this.#piece.subarray(this.#blockStart, this.#used)));
    this.#blockStart = this.#used;
  }

  #ensure(bytes: number): void {
    if (this.#used + bytes <= this.#piece.length) return;
    const larger = Buffer.alloc((this.#used + bytes) * 2);
    this.#piece.copy(larger, 0, 0, this.#used);
    this.#piece = larger;
  }

  #index(): Buffer {
    const offsets = Float64Array.from([...this.#offsets, this.#written]);
    const idOffsets = new Uint32Array(this.#firstIds.length + 1);
    this.#firstIds.forEach((id, block) => (idOffsets[block + 1] = idOffsets[block]! + id.length));
    return Buffer.concat([
      bytesOf(offsets),
      bytesOf(Uint32Array.from(this.#crcs)),
      bytesOf(idOffsets),
      ...this.#firstIds,
      this.#filter,
    ]);
  }
}

/** What the system refuses as ShoalError. */
async function failing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw diskError(thrown, path);
  }
}

function sharedBytes(a: Buffer, aBytes: number, b: Buffer, bBytes: number): number {
  // One byte tells how many are shared.
  const most = Math.min(aBytes, bBytes, 255);
  let shared = 0;
  while (shared < most && a[shared] === b[shared]) shared += 1;
  return shared;
}
