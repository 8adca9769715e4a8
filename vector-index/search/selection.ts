/** Which rows of a segment a search may find: those that live, lie in the lists asked for and pass the filter. */
import { bitmapBytes, countBits, hasBit, intersection, setBit } from '../bitmap.js';
import { listsMax } from '../codebook/structure.js';
import { filterBitmap } from '../filter/filter-bitmap.js';
import type { RowFilter, Selection } from '../filter/row-filter.js';
import type { RowCopies } from '../lists/row-coding.js';
import { SealedCopies } from '../lists/sealed-copies.js';
import type { PinnedSegment } from '../segment/segment-state.js';

/** Everything. */
export const unselective: Selection = { filter: null, lists: null };

/** The rows that may be found as a bitmap of the pinned rows; null = all. Not to be changed. `found` is what passes the filter. */
export function selectedRows(
  segment: PinnedSegment,
  { filter, lists }: Selection,
  found: Uint8Array | null = passing(segment, filter),
): Uint8Array | null {
  const { reader, rowCount, live } = segment;
  const inLists = lists === null || rowCount === 0 ? null : reader.rowsByList(rowCount).bitmap(lists);
  return both(both(live, inLists, rowCount), found, rowCount);
}

/** As `selectedRows`, with the rows whose second list is asked for: what a search by vectors may find. */
export function searchableRows(
  segment: PinnedSegment,
  selection: Selection,
  found: Uint8Array | null = passing(segment, selection.filter),
): Uint8Array | null {
  const { reader, rowCount, live } = segment;
  const copies = reader.coding?.copies ?? null;
  const inLists =
    selection.lists === null || rowCount === 0 ? null : reader.rowsByList(rowCount).bitmap(selection.lists);
  if (inLists === null || copies === null) return selectedRows(segment, selection, found);
  const inEither = inLists.slice();
  addCopies(inEither, copies, { lists: selection.lists!, rowCount });
  return both(both(live, inEither, rowCount), found, rowCount);
}

/** Sets the bits of the first `rowCount` rows whose second list is one of `lists`. */
function addCopies(
  bits: Uint8Array,
  copies: RowCopies,
  { lists, rowCount }: { readonly lists: Uint32Array; readonly rowCount: number },
): void {
  if (copies instanceof SealedCopies) {
    for (const list of lists) for (const row of copies.rowsOf(list)) setBit(bits, row);
    return;
  }
  const largest = lists.reduce((most, list) => (list < listsMax ? Math.max(most, list) : most), -1);
  const wanted = new Uint8Array(bitmapBytes(largest + 1));
  for (const list of lists) if (list <= largest) setBit(wanted, list);
  const seconds = copies.lists(rowCount);
  for (let row = 0; row < rowCount; row += 1) {
    const list = seconds[row]!;
    if (list <= largest && hasBit(wanted, list)) setBit(bits, row);
  }
}

/** Living documents (rows of primary passages) among `selected`. */
export function selectedDocuments({ reader, rowCount }: PinnedSegment, selected: Uint8Array | null): number {
  const { passages } = reader;
  if (passages === null) return selected === null ? rowCount : countBits(selected, rowCount);
  let count = 0;
  for (let row = 0; row < rowCount; row += 1) {
    if (passages[row] === 0 && (selected === null || (selected[row >>> 3]! & (1 << (row & 7))) !== 0)) count += 1;
  }
  return count;
}

/** Bitwise and of two bitmaps of `count` bits, null being all ones. */
export function both(left: Uint8Array | null, right: Uint8Array | null, count: number): Uint8Array | null {
  if (left === null) return right;
  return right === null ? left : intersection(left, right, count);
}

/** The rows that pass `filter`, living or not, as a bitmap of the pinned rows; null = all. */
export function passing({ reader, rowCount }: PinnedSegment, filter: RowFilter | null): Uint8Array | null {
  if (filter === null || rowCount === 0) return null;
  const bits = filterBitmap(reader, rowCount, filter);
  return bits === null ? null : bits.subarray(0, bitmapBytes(rowCount));
}
