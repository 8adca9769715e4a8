/**
 * Sets of rows as Roaring bitmaps in their portable serialized format, read where they lie.
 *
 * "Roaring Bitmaps: Implementation of an Optimized Software Library", Lemire et al., 2018; format: RoaringFormatSpec. A set is cut
 * into chunks of 2^16 rows; a chunk of up to 4,096 rows is a sorted array of uint16, a fuller one a bitmap of 8 KiB. Written without
 * run containers, so that everything lies at even offsets and a union into a plain bitmap needs no copy of the set.
 */
import { setBit } from '../bitmap.js';

const cookieWithoutRuns = 12346;
const arrayMax = 4096;
const chunkBytes = 8192;

/** The set of `rows` (uint32, strictly ascending) serialized: 8 bytes, 8 a chunk, then 2 a row or 8 KiB a chunk. */
export function serializeRows(rows: Uint32Array): Uint8Array {
  const ends = chunkEnds(rows);
  const header = 8 + 8 * ends.length;
  let size = header;
  for (let chunk = 0, start = 0; chunk < ends.length; start = ends[chunk++]!)
    size += containerBytes(ends[chunk]! - start);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, cookieWithoutRuns, true);
  view.setUint32(4, ends.length, true);
  let offset = header;
  for (let chunk = 0, start = 0; chunk < ends.length; start = ends[chunk++]!) {
    const count = ends[chunk]! - start;
    view.setUint16(8 + 4 * chunk, rows[start]! >>> 16, true);
    view.setUint16(8 + 4 * chunk + 2, count - 1, true);
    view.setUint32(8 + 4 * ends.length + 4 * chunk, offset, true);
    const target = bytes.subarray(offset, offset + containerBytes(count));
    for (let at = start; at < ends[chunk]!; at += 1) {
      if (count > arrayMax) setBit(target, rows[at]! & 0xffff);
      else view.setUint16(offset + 2 * (at - start), rows[at]! & 0xffff, true);
    }
    offset += target.length;
  }
  return bytes;
}

/**
 * Sets the bits of every row of the set that begins at byte `start` (even) of `bytes`, which begins at an even address. Rows for
 * which `bits` has no room are left out; `bits` begins at an even address and has an even number of bytes.
 */
export function unionInto(bits: Uint8Array, bytes: Uint8Array, start: number): void {
  const units = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 1);
  const words = new Uint16Array(bits.buffer, bits.byteOffset, bits.byteLength >>> 1);
  const first = start >>> 1;
  const chunks = units[first + 2]! + units[first + 3]! * 0x10000;
  let at = first + 4 + 4 * chunks;
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const base = units[first + 4 + 2 * chunk]! * (chunkBytes / 2);
    const count = units[first + 4 + 2 * chunk + 1]! + 1;
    if (count > arrayMax) {
      const end = Math.min(chunkBytes / 2, words.length - base);
      for (let word = 0; word < end; word += 1) words[base + word]! |= units[at + word]!;
      at += chunkBytes / 2;
      continue;
    }
    for (const end = at + count; at < end; at += 1) {
      const row = units[at]!;
      words[base + (row >>> 4)]! |= 1 << (row & 15);
    }
  }
}

/** For every chunk that has rows, the position in `rows` behind its last one. */
function chunkEnds(rows: Uint32Array): number[] {
  const ends: number[] = [];
  for (let at = 1; at <= rows.length; at += 1) {
    if (at === rows.length || rows[at]! >>> 16 !== rows[at - 1]! >>> 16) ends.push(at);
  }
  return ends;
}

function containerBytes(count: number): number {
  return count > arrayMax ? chunkBytes : 2 * count;
}
