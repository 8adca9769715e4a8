/**
 * The bytes of a segment file, format versions 1 to 7. All numbers little-endian.
 *
 *   header     64 bytes   magic "SHOALSEG", u32 version @8, u32 CRC-32 of bytes 0..12 @12, zeros
 *   columns               each at a multiple of 64, zeros between
 *   directory             u32 length of the JSON, JSON (`SegmentDirectory`), u32 CRC-32 of every block of every column, in order
 *   footer     64 bytes   u64 offset, u32 length and u32 CRC-32 of the directory @0, u64 file size @16, magic "SHOALEND" @24,
 *                         u32 CRC-32 of bytes 0..32 @32, zeros
 *
 * Columns that say nothing are left out: `contentHash` (u64 a row) where no hash is known, `passage` (u32) where all are primary,
 * `span` (u32 begin, u32 end) where all are 0, `home` (u32) where it is the row's list everywhere, `elsewhere` (u32) where no document
 * is in other shards too, and those of vectors, terms, tokens and attributes that no row has. A reader ignores columns that it does not
 * know.
 *
 * Versions 1 and 3 have their rows in the order of docId and passage. Versions 2 and 4 are those of segments whose rows are coded: rows
 * are ordered by list, then docId, then passage; `keyOrder`, the rows by docId and passage, is there unless both orders are the same;
 * the columns of lists and codes are those of `lists/sealed-lists.ts`, and the directory says under which structure they were made.
 * Version 5 is version 4 with the columns of `lists/sealed-copies.ts`: its rows lie in a second list too. Version 6 is either of them with
 * second codes of kinds 1 to 8 but 4 (kernels/second-code/second-code.h): the directory says which in `secondBits`, and whether rows lie in a
 * second list. Version 7 is the same of kinds 9 to 16, in `secondKind`.
 *
 * Versions 3 to 7, which are written, are narrow in what every row has beside its vector and codes: `flags`, `list` (not from 4 on, where
 * the lists say it), `titleLength`, `tokenCount` and `tokenCodec` as of `narrow-column.ts`; ids, texts, terms and tokens by their
 * lengths (`row-ranges.ts`); rows by id as of `id-slots.ts`; `keyOrder` as of `packed-rows.ts`. Versions 1 and 2 have `flags` and
 * `tokenCodec` u8, the other numbers u32; `idStart` u32, `textStart` u64, `rowTermStart` u32 (each with one more for the end) and
 * `tokenOffset` u64 with `tokenLength` u32; `idHash` u64 and `idOrder` u32, the rows by the upper halves of these; `keyOrder` u32.
 *
 * A column's blocks are its consecutive 64 KiB, the last one shorter. The header and its checksum keep their meaning in every later
 * version, so that damage is told from a newer format.
 */
import { crc32 } from 'node:zlib';
import { ShoalError } from '../../base/errors.js';
import type { CodeShape } from '../lists/row-coding.js';
import { newerFormat } from '../manifest.js';
import type { AttributeKind } from './segment-reader.js';

/** Of segments without codes, with codes, with rows in two lists, with second codes of another width, and of the second edition, as they are written. */
export const segmentFormats = { plain: 3, coded: 4, copied: 5, widths: 6, kinds: 7 } as const;
export const headerBytes = 64;
export const footerBytes = 64;
export const columnAlignment = 64;
/** Small enough that checking the blocks of one document's text costs microseconds. */
export const blockBytes = 64 * 1024;
/** Rows of one segment: a row number takes 21 bits of a slot of the id table. */
export const segmentRowsMax = 2 ** 21;

/** Per-row flags, column `flags`. */
export const rowFlags = { dense: 1, terms: 2, tokens: 4, title: 8 } as const;

export interface ColumnEntry {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

export interface SegmentDirectory {
  readonly rows: number;
  readonly dim: number;
  readonly tokenDim: number;
  readonly blockBytes: number;
  /** How rows are coded; absent where they are not. */
  readonly codes?:
    (Omit<CodeShape, 'hasCopies'> & { readonly hasCopies?: boolean; readonly secondBits?: number }) | undefined;
  /** Token codec versions; column `tokenCodec` counts into it. */
  readonly codecs: readonly string[];
  /**
   * Attribute i has the columns `attribute.<i>.present`, `.starts` (lists), `.offsets` (strings) and `.values`, and since filters those
   * of its index (`attribute-index.ts`).
   */
  readonly attributes: readonly { readonly name: string; readonly kind: AttributeKind; readonly isList: boolean }[];
  readonly columns: readonly ColumnEntry[];
}

/** A parsed directory with the blocks' checksums. */
export interface SegmentLayout extends SegmentDirectory {
  /** Format version. */
  readonly version: number;
  readonly checksums: Uint32Array;
  /** Offset at which the directory begins, that is the end of the columns. */
  readonly directoryOffset: number;
}

/** The 64 bytes that begin a file of kind `magic` (8 characters). */
export function fileHeader(magic: string, version: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.write(magic, 0, 'latin1');
  header.writeUInt32LE(version, 8);
  header.writeUInt32LE(crc32(header.subarray(0, 12)), 12);
  return header;
}

/** Throws DATA_LOSS unless `bytes` begin with a header of kind `magic`, FAILED_PRECONDITION when it is newer than `known`. */
export function checkHeader(path: string, bytes: Buffer, magic: string, known: number): void {
  const isWhole = bytes.length >= headerBytes && crc32(bytes.subarray(0, 12)) === bytes.readUInt32LE(12);
  if (!isWhole || bytes.toString('latin1', 0, 8) !== magic) throw damaged(path, 'header');
  const version = bytes.readUInt32LE(8);
  if (version > known) throw newerFormat(path, version, known);
  if (!isZero(bytes.subarray(16, headerBytes))) throw damaged(path, 'header');
}

/** The directory's bytes and footer for a file whose columns end at `offset`. */
export function directoryAndFooter(directory: SegmentDirectory, checksums: readonly number[], offset: number): Buffer {
  const json = Buffer.from(JSON.stringify(directory), 'utf8');
  const length = 4 + json.length + 4 * checksums.length;
  const bytes = Buffer.alloc(length + footerBytes);
  bytes.writeUInt32LE(json.length, 0);
  json.copy(bytes, 4);
  checksums.forEach((checksum, at) => bytes.writeUInt32LE(checksum, 4 + json.length + 4 * at));
  const footer = bytes.subarray(length);
  footer.writeBigUInt64LE(BigInt(offset), 0);
  footer.writeUInt32LE(length, 8);
  footer.writeUInt32LE(crc32(bytes.subarray(0, length)), 12);
  footer.writeBigUInt64LE(BigInt(offset + bytes.length), 16);
  footer.write('SHOALEND', 24, 'latin1');
  footer.writeUInt32LE(crc32(footer.subarray(0, 32)), 32);
  return bytes;
}

/**
 * The layout of the segment file whose content is `file`. `path` names it in errors.
 * DATA_LOSS when header, directory or footer is damaged; FAILED_PRECONDITION when the format is newer.
 */
export function parseLayout(path: string, file: Uint8Array): SegmentLayout {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  checkHeader(path, bytes, 'SHOALSEG', segmentFormats.kinds);
  if (bytes.length < headerBytes + footerBytes) throw damaged(path, 'footer (the file is cut short)');
  const footer = bytes.subarray(bytes.length - footerBytes);
  const isWhole = crc32(footer.subarray(0, 32)) === footer.readUInt32LE(32) && isZero(footer.subarray(36));
  if (!isWhole || footer.readBigUInt64LE(16) !== BigInt(bytes.length)) throw damaged(path, 'footer');
  const directoryOffset = Number(footer.readBigUInt64LE(0));
  const directory = bytes.subarray(directoryOffset, directoryOffset + footer.readUInt32LE(8));
  if (crc32(directory) !== footer.readUInt32LE(12)) throw damaged(path, 'directory');
  const jsonLength = directory.readUInt32LE(0);
  const parsed = JSON.parse(directory.toString('utf8', 4, 4 + jsonLength)) as SegmentDirectory;
  const table = Uint8Array.prototype.slice.call(directory, 4 + jsonLength);
  return {
    ...parsed,
    version: bytes.readUInt32LE(8),
    checksums: new Uint32Array(table.buffer, 0, table.length / 4),
    directoryOffset,
  };
}

/** The error for bytes whose checksum does not match. */
export function damaged(path: string, where: string): ShoalError {
  const message = `the checksum of ${where} in ${path} does not match: the file is damaged; restore this replica from a peer`;
  return new ShoalError('DATA_LOSS', message, { details: { file: path, where } });
}

/** The error for a file that was cut short, or that the disk cannot read any more, since it was opened. */
export function torn(path: string): ShoalError {
  const message = `${path} was cut short since it was opened, or the disk cannot read it any more: the file is damaged; restore this replica from a peer`;
  return new ShoalError('DATA_LOSS', message, { details: { file: path } });
}

/** Whether every byte is zero. */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
