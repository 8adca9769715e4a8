/** What of one coded segment a search of lists looks at: which rows count, and which they are where they are few. */
import { bitmapBytes, fullBitmap, hasBit } from '../bitmap.js';
import { SealedLists } from '../lists/sealed-lists.js';
import type { PinnedSegment } from '../segment/segment-state.js';
import type { HiddenLists } from './hidden-lists.js';
import { both } from './selection.js';

/** The lists asked for. */
export interface WantedLists {
  /** uint32, each once. */
  readonly lists: Uint32Array;
  /** Lists of the structure. */
  readonly count: number;
}

export interface SearchedRows {
  readonly segment: PinnedSegment;
  /** Bit of every row that lives, passes the filter and has a vector, in whatever list; null = all. */
  readonly bits: Uint8Array | null;
  /** Vectors of the lists, one of each list that a row is in, whether they count or not; of a segment that grows, about. */
  readonly vectors: number;
  /** uint32: the rows of the lists that count when these are at most `most`; else null. */
  upTo(most: number): Uint32Array | null;
}

/**
 * Of a segment whose columns have room for `room` rows, `passing` the filter where their bits are set; null = all pass. Rows that lie among the
 * wanted lists but belong to others are `hidden`, where there are any.
 */
export function searchedRows(
  segment: PinnedSegment,
  of: {
    readonly wanted: WantedLists;
    readonly passing: Uint8Array | null;
    readonly room: number;
    readonly hidden?: HiddenLists | null;
  },
): SearchedRows {
  const { reader, rowCount, live } = segment;
  const { coding, densePresent } = reader;
  const { wanted, room, hidden = null } = of;
  const shown = both(live, of.passing, rowCount);
  const counted = hidden === null ? shown : hidden.hide(segment, shown);
  if (!(coding instanceof SealedLists)) return growingRows(segment, { wanted, counted, room });
  const bits = both(counted, densePresent, rowCount);
  const { counts, firsts } = coding.all(wanted.count);
  const copied = coding.copies?.all(wanted.count).counts;
  let [own, copies] = [0, 0];
  for (const list of wanted.lists) {
    own += counts[list]!;
    copies += copied?.[list] ?? 0;
  }
  const upTo = (most: number): Uint32Array | null => {
    if (bits === null && own > most) return null;
    const rows = new RowsUpTo(most);
    for (const list of wanted.lists)
      if (!rows.addRange(firsts[list]!, firsts[list]! + counts[list]!, bits)) return null;
    return addCopies(rows, coding, { wanted, bits }) ? rows.taken : null;
  };
  return { segment, bits, vectors: own + copies, upTo };
}

/** Rows whose second list is wanted and whose first is not; false when they are too many. */
function addCopies(
  rows: RowsUpTo,
  coding: SealedLists,
  { wanted, bits }: { readonly wanted: WantedLists; readonly bits: Uint8Array | null },
): boolean {
  // Where all lists are wanted, so is every first one.
  const { copies } = coding;
  if (copies === null || wanted.lists.length === wanted.count) return true;
  const isWanted = wantedFlags(wanted);
  const { counts, firsts } = copies.all(wanted.count);
  for (const list of wanted.lists) {
    for (const row of copies.rows.subarray(firsts[list], firsts[list]! + counts[list]!)) {
      if (bits !== null && !hasBit(bits, row)) continue;
      if (isWanted[coding.listOf(row)] === 0 && !rows.addRange(row, row + 1, null)) return false;
    }
  }
  return true;
}

function wantedFlags({ lists, count }: WantedLists): Uint8Array {
  const flags = new Uint8Array(count);
  for (const list of lists) flags[list] = 1;
  return flags;
}

function growingRows(
  segment: PinnedSegment,
  { wanted, counted, room }: { wanted: WantedLists; counted: Uint8Array | null; room: number },
): SearchedRows {
  const { reader, rowCount } = segment;
  const { lists } = reader;
  const seconds = reader.coding?.copies?.lists(rowCount);
  // Of its own: the segment's bits may change while another thread scans.
  const bits = new Uint8Array(bitmapBytes(room));
  bits.set(fullBitmap(rowCount));
  for (const other of [counted, reader.densePresent]) {
    for (let byte = 0; other !== null && byte < bitmapBytes(rowCount); byte += 1) bits[byte]! &= other[byte]!;
  }
  const upTo = (most: number): Uint32Array | null => {
    const isWanted = wantedFlags(wanted);
    const rows = new RowsUpTo(most);
    for (let row = 0; row < rowCount; row += 1) {
      const isIn = isWanted[lists[row]!] === 1 || (seconds !== undefined && isWanted[seconds[row]!] === 1);
      if (isIn && !rows.addRange(row, row + 1, bits)) return null;
    }
    return rows.taken;
  };
  const perRow = seconds === undefined ? 1 : 2;
  return { segment, bits, vectors: Math.ceil((perRow * rowCount * wanted.lists.length) / wanted.count), upTo };
}

/** Rows as they are found, no more than so many. */
class RowsUpTo {
  readonly #rows: Uint32Array;
  #count = 0;

  constructor(most: number) {
    this.#rows = new Uint32Array(most);
  }

  get taken(): Uint32Array {
    return this.#rows.subarray(0, this.#count);
  }

  /** Those of [from, to) whose bit is set; false when they are too many. */
  addRange(from: number, to: number, bits: Uint8Array | null): boolean {
    for (let row = from; row < to; row += 1) {
      const byte = bits === null ? 0xff : bits[row >>> 3]!;
      // Most bytes of a selective filter are empty.
      if (byte === 0) row |= 7;
      else if ((byte & (1 << (row & 7))) !== 0) {
        if (this.#count === this.#rows.length) return false;
        this.#rows[this.#count] = row;
        this.#count += 1;
      }
    }
    return true;
  }
}
