/**
 * What every file of tables has in common, little-endian:
 *
 *   [0, 4)    magic, ASCII
 *   [4, 6)    format, uint16
 *   then      the rest of the head, then tables
 *   last 8    XXH64 of all bytes before, uint64
 */
import { bytesOf } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { hashBytes } from '../../base/hash.js';

const checksumBytes = 8;

export interface FileKind {
  readonly magic: string;
  /** The newest format that this version reads, and the one that it writes. */
  readonly format: number;
  /** Bytes before the tables; at least 8. */
  readonly headBytes: number;
  /** In messages: "the structure". */
  readonly name: string;
  /** What to do about a damaged one, in messages. */
  readonly remedy: string;
}

export interface SealedFile {
  /** The whole file, checked but for its numbers. */
  readonly view: DataView;
  /** What lies between head and checksum; a view. */
  readonly tables: Uint8Array;
}

/** A file of `kind`: `fillHead` writes its numbers from byte 6 on, `tables` follow as they are in memory. */
export function sealFile(
  kind: FileKind,
  fillHead: (view: DataView) => void,
  tables: readonly ArrayBufferView[],
): Uint8Array {
  const tableBytes = tables.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const bytes = new Uint8Array(kind.headBytes + tableBytes + checksumBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(kind.magic));
  view.setUint16(4, kind.format, true);
  fillHead(view);
  let at = kind.headBytes;
  for (const table of tables) {
    bytes.set(bytesOf(table), at);
    at += table.byteLength;
  }
  view.setBigUint64(at, hashBytes(bytes.subarray(0, at)), true);
  return bytes;
}

/** Opens `bytes`. DATA_LOSS when they are damaged or something else, FAILED_PRECONDITION when a newer version wrote them. */
export function openSealedFile(kind: FileKind, bytes: Uint8Array): SealedFile {
  const end = bytes.length - checksumBytes;
  if (end < kind.headBytes || new TextDecoder().decode(bytes.subarray(0, 4)) !== kind.magic) {
    throw damagedFile(kind, 'it does not begin as one');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = view.getUint16(4, true);
  if (found > kind.format) {
    const message = `${kind.name} has format ${found}, this version reads up to ${kind.format}; use a newer Shoal`;
    throw new ShoalError('FAILED_PRECONDITION', message);
  }
  if (hashBytes(bytes.subarray(0, end)) !== view.getBigUint64(end, true)) {
    throw damagedFile(kind, 'its checksum does not match');
  }
  return { view, tables: bytes.subarray(kind.headBytes, end) };
}

/** DATA_LOSS that says what is wrong with a file of `kind` and what to do. */
export function damagedFile({ name, remedy }: FileKind, why: string): ShoalError {
  return new ShoalError('DATA_LOSS', `${name} is damaged: ${why}; ${remedy}`);
}
