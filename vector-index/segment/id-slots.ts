/**
 * Which rows may have an id: a table by its hash, from which most other ids are told without a look at their rows.
 *
 * Columns: `idSlotStart` u32[2^b + 1] and `idSlot` u32[rows]. The first b bits of a hash name its bucket, eight to sixteen rows; a slot
 * is eleven other bits of the hash above the 21 of its row, so that of 2,000 slots that are not the id's one passes. Rows of a bucket
 * ascend.
 */
import type { IdKey } from './segment-reader.js';

/** Rows that a number of 21 bits can name: those of one segment at most. */
const rowBits = 21;
const rowMask = 2 ** rowBits - 1;
/** A bucket holds between so many rows and twice as many. */
const bucketRows = 8;

export interface SlotColumns {
  readonly starts: Uint32Array;
  readonly slots: Uint32Array;
}

/** The columns for ids with `hashes`, one a row. */
export function slotColumns(hashes: BigUint64Array): SlotColumns {
  const rows = hashes.length;
  const words = new Uint32Array(hashes.buffer, hashes.byteOffset, 2 * rows);
  const bits = Math.floor(Math.log2(Math.max(rows / bucketRows, 1)));
  const starts = new Uint32Array(2 ** bits + 1);
  for (let row = 0; row < rows; row += 1) starts[bucketOf(words[2 * row + 1]!, bits) + 1]! += 1;
  for (let bucket = 0; bucket + 1 < starts.length; bucket += 1) starts[bucket + 1]! += starts[bucket]!;
  const next = starts.slice();
  const slots = new Uint32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const bucket = bucketOf(words[2 * row + 1]!, bits);
    slots[next[bucket]!] = ((words[2 * row]! & 0x7ff) << rowBits) | row;
    next[bucket]! += 1;
  }
  return { starts, slots };
}

/** Calls `visit` with every row that may have the id of `key`, ascending. */
export function eachSlot(
  { starts, slots }: SlotColumns,
  { low, high }: Pick<IdKey, 'low' | 'high'>,
  visit: (row: number) => void,
): void {
  const bucket = bucketOf(high, Math.log2(starts.length - 1));
  const wanted = low & 0x7ff;
  const end = starts[bucket + 1]!;
  for (let at = starts[bucket]!; at < end; at += 1) {
    const slot = slots[at]!;
    if (slot >>> rowBits === wanted) visit(slot & rowMask);
  }
}

function bucketOf(high: number, bits: number): number {
  return bits === 0 ? 0 : high >>> (32 - bits);
}
