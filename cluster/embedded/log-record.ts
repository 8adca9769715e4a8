/**
 * How a log entry lies in lmdb: keys, and the header block with its checksums.
 *
 * Headers and body have keys of their own, so that a headers-only reader touches no body. Header block, little-endian:
 * crc32 of the key and all that follows u32 @0 · crc32 of the body u32 @4 · body bytes u32 @8 · subject bytes u16 @12 · 0 u16 @14 ·
 * time float64 ms @16 · subject UTF-8 @24 · headers as JSON.
 */
import { crc32 } from 'node:zlib';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { LogEntry, LogRecord } from '../change-log.js';

const prefixBytes = 24;
const subjectBytesMax = 255;

export interface HeaderBlock {
  readonly subject: string;
  readonly timeMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBytes: number;
  readonly bodyCrc: number;
}

/** The keys of a chunk. Sequences are big-endian, so that lmdb's order is theirs. */
export const logKeys = {
  meta: Buffer.from([1]),
  header: (sequence: bigint): Buffer => sequenceKey(2, sequence),
  isHeader: (key: Buffer): boolean => key.length === 9 && key[0] === 2,
  body: (sequence: bigint): Buffer => sequenceKey(3, sequence),
  isBody: (key: Buffer): boolean => key.length === 9 && key[0] === 3,
  subject: (subject: string): Buffer => Buffer.concat([Buffer.from([4]), Buffer.from(subject)]),
  subjectsStart: Buffer.from([4]),
  subjectsEnd: Buffer.from([5]),
  index: (subject: string, sequence: bigint): Buffer => {
    const name = Buffer.from(subject);
    const key = Buffer.alloc(name.length + 10);
    key[0] = 5;
    key.set(name, 1);
    key.writeBigUInt64BE(sequence, name.length + 2);
    return key;
  },
  /** The sequence at the end of a header, body or index key. */
  sequenceOf: (key: Buffer): bigint => key.readBigUInt64BE(key.length - 8),
};

/** INVALID_ARGUMENT for a subject or record that is too large or malformed. */
export function checkRecord(subject: string, record: LogRecord): void {
  const isSubject = /^[^\s*>\0]+$/.test(subject) && Buffer.byteLength(subject) <= subjectBytesMax;
  if (!isSubject) {
    const message = `subject ${JSON.stringify(subject)} is not 1 to ${subjectBytesMax} bytes without space, * and >`;
    throw new ShoalError('INVALID_ARGUMENT', message);
  }
  const { messageBytesMax, recordHeaderBytesMax } = limits;
  if (record.body.length > messageBytesMax) {
    throw tooLarge('body', record.body.length, messageBytesMax);
  }
  const headerBytes = headersSize(record.headers);
  if (headerBytes > recordHeaderBytesMax) throw tooLarge('headers', headerBytes, recordHeaderBytesMax);
}

/** The header block of an entry whose record was checked. */
export function encodeHeader({ sequence, subject, timeMs, ...record }: LogEntry): Buffer {
  const name = Buffer.from(subject);
  const headers = Buffer.from(JSON.stringify(record.headers));
  const block = Buffer.alloc(prefixBytes + name.length + headers.length);
  block.writeUInt32LE(crc32(record.body), 4);
  block.writeUInt32LE(record.body.length, 8);
  block.writeUInt16LE(name.length, 12);
  block.writeDoubleLE(timeMs, 16);
  block.set(name, prefixBytes);
  block.set(headers, prefixBytes + name.length);
  block.writeUInt32LE(headerCrc(sequence, block), 0);
  return block;
}

/** DATA_LOSS unless `block` is the one that was written for `sequence`. `where` names stream and sequence. */
export function checkHeader(sequence: bigint, block: Buffer, where: string): void {
  const isWhole = block.length >= prefixBytes && block.readUInt32LE(0) === headerCrc(sequence, block);
  if (!isWhole) throw new ShoalError('DATA_LOSS', `the checksum of ${where} does not match: its headers are damaged`);
}

/** The content of the block of `sequence`; DATA_LOSS when its checksum does not match. */
export function decodeHeader(sequence: bigint, block: Buffer, where: string): HeaderBlock {
  checkHeader(sequence, block, where);
  const subjectEnd = prefixBytes + block.readUInt16LE(12);
  return {
    subject: block.toString('utf8', prefixBytes, subjectEnd),
    timeMs: block.readDoubleLE(16),
    // The checksum says that these are the bytes that encodeHeader wrote.
    headers: JSON.parse(block.toString('utf8', subjectEnd)) as Record<string, string>,
    bodyBytes: bodyBytesOf(block),
    bodyCrc: block.readUInt32LE(4),
  };
}

function headerCrc(sequence: bigint, block: Buffer): number {
  return crc32(block.subarray(4), crc32(logKeys.header(sequence)));
}

/** Bytes of the body that belongs to a header block. */
export function bodyBytesOf(block: Buffer): number {
  return block.readUInt32LE(8);
}

/** DATA_LOSS unless `body` is the one that `header` was written with. */
export function checkBody(header: HeaderBlock, body: Uint8Array, where: string): void {
  if (body.length === header.bodyBytes && crc32(body) === header.bodyCrc) return;
  throw new ShoalError('DATA_LOSS', `the checksum of ${where} does not match: its body is damaged`);
}

function sequenceKey(kind: number, sequence: bigint): Buffer {
  const key = Buffer.alloc(9);
  key[0] = kind;
  key.writeBigUInt64BE(sequence, 1);
  return key;
}

/** As the wire of a log counts them: name, value, and 4 bytes of separators each. */
function headersSize(headers: Readonly<Record<string, string>>): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + 4;
  return bytes;
}

function tooLarge(part: string, bytes: number, bytesMax: number): ShoalError {
  const message = `the record's ${part} has ${bytes} bytes, above the limit of ${bytesMax}; send less in one record`;
  return new ShoalError('INVALID_ARGUMENT', message);
}
