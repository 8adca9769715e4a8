/** The rows of a segment that pass a filter, as the bitmap that scans take. */
import { bitmapBytes, setBit } from '../bitmap.js';
import type { SegmentReader } from '../segment/segment-reader.js';
import type { RowFilter } from './row-filter.js';
import { rowPasses } from './row-passes.js';

/**
 * The rows below `rowCount` that pass `filter`, living or not: bit r & 7 of byte r >> 3; null = every row. `rowCount` is that of the
 * pin, at most `reader.rowCount`. The bitmap may be shared: never change it.
 */
export function filterBitmap(reader: SegmentReader, rowCount: number, filter: RowFilter): Uint8Array | null {
  const bits = new Uint8Array(bitmapBytes(rowCount));
  const columns = reader.attributes;
  let isFull = true;
  for (let row = 0; row < rowCount; row += 1) {
    if (rowPasses(columns, row, filter)) setBit(bits, row);
    else isFull = false;
  }
  return isFull ? null : bits;
}
