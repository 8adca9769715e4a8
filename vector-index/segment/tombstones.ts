/**
 * Which rows of a sealed segment are dead, as a file of its own: versioned, immutable, named by the manifest.
 *
 * Format version 1: header of 64 bytes (magic "SHOALTMB"), u32 rows, u32 dead rows, the bitmap of dead rows, u32 CRC-32 of all that.
 */
import { crc32 } from 'node:zlib';
import { bitmapBytes, countBits, fullBitmap } from '../bitmap.js';
import { writeDurably } from '../durable-file.js';
import type { Files } from '../files.js';
import { checkHeader, damaged, fileHeader, headerBytes } from './segment-layout.js';

export const tombstoneFormat = 1;

/** Writes the rows whose bit is clear in `live` (bitmap of `rows` bits) as dead; durable when the promise resolves. */
export async function writeTombstones(files: Files, path: string, live: Uint8Array, rows: number): Promise<void> {
  const body = Buffer.alloc(8 + bitmapBytes(rows));
  body.writeUInt32LE(rows, 0);
  body.writeUInt32LE(rows - countBits(live, rows), 4);
  const all = fullBitmap(rows);
  for (let byte = 0; byte < all.length; byte += 1) body[8 + byte] = all[byte]! & ~live[byte]!;
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(body), 0);
  await writeDurably(files, path, Buffer.concat([fileHeader('SHOALTMB', tombstoneFormat), body, checksum]));
}

/**
 * The bitmap of living rows that the tombstone file `path` leaves of a segment of `rows` rows.
 * DATA_LOSS when the file is damaged; FAILED_PRECONDITION when a newer Shoal wrote it.
 */
export async function readTombstones(files: Files, path: string, rows: number): Promise<Uint8Array> {
  const bytes = await files.read(path);
  checkHeader(path, bytes, 'SHOALTMB', tombstoneFormat);
  const body = bytes.subarray(headerBytes, bytes.length - 4);
  const isWhole = body.length === 8 + bitmapBytes(rows) && crc32(body) === bytes.readUInt32LE(bytes.length - 4);
  if (!isWhole || body.readUInt32LE(0) !== rows) throw damaged(path, 'the bitmap');
  const live = fullBitmap(rows);
  for (let byte = 0; byte < live.length; byte += 1) live[byte]! &= ~body[8 + byte]!;
  return live;
}
