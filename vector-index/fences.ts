/**
 * What an index remembers of superseded ids, whether it holds them or not: for ten minutes of log time nothing older comes back.
 *
 * Time is that of the log's records, so that every replica forgets at the same record. Entries lie one after another in a buffer
 * that only grows at its end: what a commit took of it stays as it was.
 *
 * File format version 1: header of 64 bytes (magic "SHOALFNC"), entries (u64 docId, f64 milliseconds, u32 bytes of the id, the id),
 * u32 CRC-32 of the entries. A later entry of an id replaces the earlier one. The manifest names the files in order, and log time.
 */
import { crc32 } from 'node:zlib';
import { writeDurably } from './durable-file.js';
import type { Files } from './files.js';
import { checkHeader, damaged, fileHeader, headerBytes } from './segment/segment-layout.js';

export const fenceFormat = 1;

/** Milliseconds of log time for which a superseded id is remembered. */
export const fenceKeepMs = 600_000;

const entryBytes = 20;

interface Fence {
  readonly docId: bigint;
  /** Where its entry begins, counted from the first entry ever made. */
  readonly at: number;
}

/** The entries of one instant; their bytes never change. */
export interface FenceSnapshot {
  readonly bytes: Uint8Array;
  /** Where the bytes begin and end, counted in bytes from the first entry ever made. */
  readonly start: number;
  readonly end: number;
  /** Log time, milliseconds. */
  readonly timeMs: number;
}

export class FenceTable {
  readonly #fences = new Map<string, Fence>();
  #buffer = Buffer.alloc(0);
  /** Where the buffer, the oldest entry kept and the room for the next one begin, counted as `Fence.at`. */
  #base = 0;
  #start = 0;
  #end = 0;
  #nowMs = -Infinity;

  /** Entries kept. */
  get size(): number {
    return this.#fences.size;
  }

  /** Log time has come to `timeMs`; a time that runs backwards counts as standing still. Forgets what is old. */
  advance(timeMs: number): void {
    if (timeMs <= this.#nowMs) return;
    this.#nowMs = timeMs;
    while (this.#start < this.#end) {
      const offset = this.#start - this.#base;
      if (this.#buffer.readDoubleLE(offset + 8) >= timeMs - fenceKeepMs) return;
      const idEnd = offset + entryBytes + this.#buffer.readUInt32LE(offset + 16);
      const id = this.#buffer.toString('utf8', offset + entryBytes, idEnd);
      if (this.#fences.get(id)?.at === this.#start) this.#fences.delete(id);
      this.#start = this.#base + idEnd;
    }
  }

  /** Versions of `id` smaller than `docId` are gone. */
  add(id: string, docId: bigint): void {
    const known = this.#fences.get(id)?.docId ?? 0n;
    const newest = docId > known ? docId : known;
    this.#fences.set(id, { docId: newest, at: this.#append(id, newest, this.#nowMs) });
  }

  /** Whether the version `docId` of `id` is known to be gone. */
  covers(id: string, docId: bigint): boolean {
    return this.#fences.size > 0 && (this.#fences.get(id)?.docId ?? 0n) > docId;
  }

  /** The entries as of now. */
  snapshot(): FenceSnapshot {
    const bytes = this.#buffer.subarray(this.#start - this.#base, this.#end - this.#base);
    return { bytes, start: this.#start, end: this.#end, timeMs: this.#nowMs };
  }

  /** Takes up the entries of a file that `readFences` read, older ones first; `advance` to the log time when all are in. */
  load(bytes: Buffer): void {
    for (let offset = 0; offset < bytes.length;) {
      const idEnd = offset + entryBytes + bytes.readUInt32LE(offset + 16);
      const id = bytes.toString('utf8', offset + entryBytes, idEnd);
      const docId = bytes.readBigUInt64LE(offset);
      this.#fences.set(id, { docId, at: this.#append(id, docId, bytes.readDoubleLE(offset + 8)) });
      offset = idEnd;
    }
  }

  #append(id: string, docId: bigint, timeMs: number): number {
    const idBytes = Buffer.byteLength(id, 'utf8');
    this.#reserve(entryBytes + idBytes);
    const at = this.#end;
    const offset = at - this.#base;
    this.#buffer.writeBigUInt64LE(docId, offset);
    this.#buffer.writeDoubleLE(timeMs, offset + 8);
    this.#buffer.writeUInt32LE(idBytes, offset + 16);
    this.#buffer.write(id, offset + entryBytes, 'utf8');
    this.#end = at + entryBytes + idBytes;
    return at;
  }

  /** A full buffer is replaced, without what was forgotten: whoever has a view of the old one keeps it. */
  #reserve(bytes: number): void {
    if (this.#end - this.#base + bytes <= this.#buffer.length) return;
    const kept = this.#buffer.subarray(this.#start - this.#base, this.#end - this.#base);
    const larger = Buffer.alloc(Math.max(1024, 2 * (kept.length + bytes)));
    larger.set(kept);
    this.#buffer = larger;
    this.#base = this.#start;
  }
}

/** Writes the entries of a snapshot as the file `path`; durable when the promise resolves. */
export async function writeFences(files: Files, path: string, entries: Uint8Array): Promise<void> {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(entries), 0);
  await writeDurably(files, path, Buffer.concat([fileHeader('SHOALFNC', fenceFormat), entries, checksum]));
}

/** The entries in the file `path`. DATA_LOSS when it is damaged; FAILED_PRECONDITION when a newer Shoal wrote it. */
export async function readFences(files: Files, path: string): Promise<Buffer> {
  const bytes = await files.read(path);
  checkHeader(path, bytes, 'SHOALFNC', fenceFormat);
  const entries = bytes.subarray(headerBytes, bytes.length - 4);
  if (bytes.length < headerBytes + 4 || crc32(entries) !== bytes.readUInt32LE(bytes.length - 4))
    throw damaged(path, 'the superseded ids');
  return entries;
}
