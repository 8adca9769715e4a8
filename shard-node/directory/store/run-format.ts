/**
 * How a run lies on disk: entries sorted by id in checksummed blocks, an index of the blocks, a filter of the ids, a footer.
 *
 * Little-endian. Header: magic 8 bytes @0 · format version u32 @8 · 0 u32 @12. Blocks of about 2 KiB follow, then the index: block
 * offsets float64[blocks + 1] · CRC-32 of each block uint32[blocks] · offsets of first ids uint32[blocks + 1] · first ids · filter
 * bits. Footer: see `Footer`. An entry: bytes that its id shares with the one before in its block u8 · bytes that follow u16 · those ·
 * value. A value: kind (2 bits) and length of the docId (from bit 2) u8 · docId · content hash u64 · places (`encodeValue`).
 */
import { crc32 } from 'node:zlib';
import { ShoalError } from '../../../base/errors.js';
import { noPlaces, type DirectoryEntry } from './directory-entry.js';

export const runFormat = {
  magic: Buffer.from('ShoalDir', 'latin1'),
  version: 1,
  headerBytes: 16,
  footerBytes: 64,
  /** A block is closed once it has this many bytes. */
  blockBytes: 2_048,
  /** Of the filter, for each id: 1 % of unknown ids pass. */
  filterBitsPerId: 10,
  filterProbes: 6,
} as const;

const kinds = { gone: 0, heard: 1, unheard: 2, several: 3 } as const;

export interface Footer {
  readonly entries: number;
  readonly blocks: number;
  readonly indexOffset: number;
  readonly filterOffset: number;
  readonly filterBytes: number;
  /** CRC-32 of everything from `indexOffset` to the footer. */
  readonly indexCrc: number;
}

export function encodeHeader(): Buffer {
  const header = Buffer.alloc(runFormat.headerBytes);
  runFormat.magic.copy(header);
  header.writeUInt32LE(runFormat.version, 8);
  return header;
}

export function encodeFooter(footer: Footer): Buffer {
  const bytes = Buffer.alloc(runFormat.footerBytes);
  bytes.writeDoubleLE(footer.entries, 0);
  bytes.writeDoubleLE(footer.indexOffset, 8);
  bytes.writeDoubleLE(footer.filterOffset, 16);
  bytes.writeDoubleLE(footer.filterBytes, 24);
  bytes.writeUInt32LE(footer.blocks, 32);
  bytes.writeUInt32LE(footer.indexCrc, 36);
  runFormat.magic.copy(bytes, 48);
  bytes.writeUInt32LE(runFormat.version, 56);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
  return bytes;
}

/** The footer of a whole run. DATA_LOSS when it is damaged, FAILED_PRECONDITION when a newer Shoal wrote it. */
export function decodeFooter(file: Buffer, path: string): Footer {
  const { magic, version, footerBytes, headerBytes } = runFormat;
  const bytes = file.subarray(Math.max(0, file.length - footerBytes));
  const isWhole = file.length >= headerBytes + footerBytes && bytes.readUInt32LE(60) === crc32(bytes.subarray(0, 60));
  if (!isWhole || !magic.equals(bytes.subarray(48, 56))) throw damaged(path, 'its end');
  if (!encodeHeader().equals(file.subarray(0, headerBytes))) throw damaged(path, 'its beginning');
  const found = bytes.readUInt32LE(56);
  if (found !== version) {
    const message = `${path} has format version ${found}, this program reads ${version}; use the newer Shoal that wrote it`;
    throw new ShoalError('FAILED_PRECONDITION', message);
  }
  return {
    entries: bytes.readDoubleLE(0),
    indexOffset: bytes.readDoubleLE(8),
    filterOffset: bytes.readDoubleLE(16),
    filterBytes: bytes.readDoubleLE(24),
    blocks: bytes.readUInt32LE(32),
    indexCrc: bytes.readUInt32LE(36),
  };
}

/** The error for bytes that are not those written. */
export function damaged(path: string, part: string): ShoalError {
  const message = `the checksum of ${path} does not match: ${part} is damaged`;
  return new ShoalError('DATA_LOSS', message, { details: { damaged: path } });
}

/** The error for a run that was cut short, or that the disk cannot read any more, since it was opened. */
export function torn(path: string): ShoalError {
  const message = `${path} was cut short since it was opened, or the disk cannot read it any more: it is damaged`;
  return new ShoalError('DATA_LOSS', message, { details: { damaged: path } });
}

/** Bytes that `encodeValue` takes at most for an entry with `places` places. */
export function valueBytesMax(places: number): number {
  return 1 + 8 + 8 + 5 + places * 10;
}

/** Writes `entry` (null = the id is gone) into `target` at `at`; gives the position after it. */
export function encodeValue(entry: DirectoryEntry | null, target: Buffer, at: number): number {
  if (entry === null) {
    target[at] = kinds.gone;
    return at + 1;
  }
  const { docId, contentHash, places, unheard } = entry;
  const isSingle = places.length === 1;
  const kind = !isSingle ? kinds.several : unheard.length === 0 ? kinds.heard : kinds.unheard;
  target.writeBigUInt64LE(docId, at + 1);
  let docIdBytes = 8;
  while (docIdBytes > 0 && target[at + docIdBytes] === 0) docIdBytes -= 1;
  target[at] = kind | (docIdBytes << 2);
  let end = at + 1 + docIdBytes;
  target.writeBigUInt64LE(contentHash, end);
  end += 8;
  if (isSingle) return writeVarint(target, end, places[0]!);
  end = writeCodes(target, end, places);
  return writeCodes(target, end, unheard);
}

/** The value at `at`; null = the id is gone. */
export function decodeValue(bytes: Buffer, at: number): DirectoryEntry | null {
  const kind = bytes[at]! & 3;
  if (kind === kinds.gone) return null;
  const docIdBytes = bytes[at]! >> 2;
  const docId = readDocId(bytes, at + 1, docIdBytes);
  const contentHash = bytes.readBigUInt64LE(at + 1 + docIdBytes);
  const end = at + 9 + docIdBytes;
  if (kind === kinds.several) {
    const places: number[] = [];
    const unheard: number[] = [];
    readCodes(bytes, readCodes(bytes, end, places), unheard);
    return { docId, contentHash, places, unheard };
  }
  const code: [number] = [0];
  readCode(bytes, end, code);
  return { docId, contentHash, places: code, unheard: kind === kinds.heard ? noPlaces : code };
}

/** The position after the value at `at`. */
export function skipValue(bytes: Buffer, at: number): number {
  const kind = bytes[at]! & 3;
  if (kind === kinds.gone) return at + 1;
  const end = at + 9 + (bytes[at]! >> 2);
  if (kind === kinds.several) return skipCodes(bytes, skipCodes(bytes, end));
  return skipVarint(bytes, end);
}

/** True when the value at `at` says that the id is gone. */
export function isGone(bytes: Buffer, at: number): boolean {
  return (bytes[at]! & 3) === kinds.gone;
}

function readDocId(bytes: Buffer, at: number, length: number): bigint {
  if (length === 0) return 0n;
  if (length <= 6) return BigInt(bytes.readUIntLE(at, length));
  let docId = 0n;
  for (let byte = length - 1; byte >= 0; byte -= 1) docId = (docId << 8n) | BigInt(bytes[at + byte]!);
  return docId;
}

function writeCodes(target: Buffer, at: number, codes: readonly number[]): number {
  let end = writeVarint(target, at, codes.length);
  for (const code of codes) end = writeVarint(target, end, code);
  return end;
}

function readCodes(bytes: Buffer, at: number, codes: number[]): number {
  const count: [number] = [0];
  let end = readCode(bytes, at, count);
  const code: [number] = [0];
  for (let i = 0; i < count[0]; i += 1) {
    end = readCode(bytes, end, code);
    codes.push(code[0]);
  }
  return end;
}

function skipCodes(bytes: Buffer, at: number): number {
  const count: [number] = [0];
  let end = readCode(bytes, at, count);
  for (let i = 0; i < count[0]; i += 1) end = skipVarint(bytes, end);
  return end;
}

function writeVarint(target: Buffer, at: number, value: number): number {
  let rest = value;
  let end = at;
  while (rest >= 0x80) {
    target[end] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 128);
    end += 1;
  }
  target[end] = rest;
  return end + 1;
}

/** Puts the number at `at` into `into` and gives the position after it. */
function readCode(bytes: Buffer, at: number, into: [number]): number {
  let value = 0;
  let scale = 1;
  let end = at;
  while (bytes[end]! >= 0x80) {
    value += (bytes[end]! & 0x7f) * scale;
    scale *= 128;
    end += 1;
  }
  into[0] = value + bytes[end]! * scale;
  return end + 1;
}

function skipVarint(bytes: Buffer, at: number): number {
  let end = at;
  while (bytes[end]! >= 0x80) end += 1;
  return end + 1;
}
