/** Bitmaps of rows: bit r is bit r & 7 of byte r >> 3, as the kernels read them. */

/** Bytes that hold `count` bits. */
export function bitmapBytes(count: number): number {
  return (count + 7) >>> 3;
}

export function hasBit(bits: Uint8Array, row: number): boolean {
  return (bits[row >>> 3]! & (1 << (row & 7))) !== 0;
}

export function setBit(bits: Uint8Array, row: number): void {
  bits[row >>> 3]! |= 1 << (row & 7);
}

/** Sets the bits of the rows from `from` to below `to`. */
export function setBits(bits: Uint8Array, from: number, to: number): void {
  const [first, last] = [(from + 7) >>> 3, to >>> 3];
  for (let row = from; row < Math.min(to, 8 * first); row += 1) setBit(bits, row);
  if (first < last) bits.fill(0xff, first, last);
  for (let row = Math.max(8 * first, 8 * last); row < to; row += 1) setBit(bits, row);
}

export function clearBit(bits: Uint8Array, row: number): void {
  bits[row >>> 3]! &= ~(1 << (row & 7));
}

/** A bitmap whose first `count` bits are set. */
export function fullBitmap(count: number): Uint8Array {
  const bits = new Uint8Array(bitmapBytes(count)).fill(0xff);
  if ((count & 7) !== 0) bits[bits.length - 1] = (1 << (count & 7)) - 1;
  return bits;
}

/** Number of set bits among the first `count`. */
export function countBits(bits: Uint8Array, count: number): number {
  const words = wordsOf(bits, count);
  let total = 0;
  for (let at = 0; at < words.length; at += 1) {
    let word = words[at]!;
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    total += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  for (let row = words.length * 32; row < count; row += 1) if (hasBit(bits, row)) total += 1;
  return total;
}

/** The rows below `rowCount` whose bit is set, uint32 ascending; `count` is their number. */
export function setRows(bits: Uint8Array, rowCount: number, count: number): Uint32Array {
  const rows = new Uint32Array(count);
  let found = 0;
  for (let byte = 0; byte < bitmapBytes(rowCount); byte += 1) {
    for (let value = bits[byte]!; value !== 0; value &= value - 1) {
      const row = byte * 8 + 31 - Math.clz32(value & -value);
      if (row < rowCount) rows[found++] = row;
    }
  }
  return rows;
}

/** The rows whose bit is set in `before` and not in `after`, ascending; both have at least `count` bits. */
export function clearedRows(before: Uint8Array, after: Uint8Array, count: number): number[] {
  const rows: number[] = [];
  for (let byte = 0; byte < bitmapBytes(count); byte += 1) {
    const gone = before[byte]! & ~after[byte]!;
    for (let bit = 0; gone !== 0 && bit < 8; bit += 1) {
      const row = byte * 8 + bit;
      if ((gone & (1 << bit)) !== 0 && row < count) rows.push(row);
    }
  }
  return rows;
}

/** Bitwise and of two bitmaps of `count` bits, as a new one. */
export function intersection(left: Uint8Array, right: Uint8Array, count: number): Uint8Array {
  const bits = new Uint8Array(bitmapBytes(count));
  const [all, one, other] = [bits, left, right].map((own) => wordsOf(own, count));
  for (let at = 0; at < Math.min(one!.length, other!.length); at += 1) all![at] = one![at]! & other![at]!;
  const done = 4 * Math.min(one!.length, other!.length);
  for (let byte = done; byte < bits.length; byte += 1) bits[byte] = left[byte]! & right[byte]!;
  return bits;
}

/** The whole words of 32 bits among the first `count` bits; none where they do not lie as words do. */
function wordsOf(bits: Uint8Array, count: number): Uint32Array {
  return new Uint32Array(bits.buffer, bits.byteOffset & ~3, (bits.byteOffset & 3) === 0 ? count >>> 5 : 0);
}
