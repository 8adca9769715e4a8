/** Walks the living documents of an index in the order of their docIds. */
import { hasBit } from '../bitmap.js';
import type { IndexDocument } from '../document.js';
import type { PinnedSegment } from '../segment/segment-state.js';
import type { PinnedIndex } from './pinned-index.js';

/** The first `limit` living documents with a docId larger than `after`, ascending. */
export function scrollDocuments(index: PinnedIndex, after: bigint, limit: number): IndexDocument[] {
  const found: { docId: bigint; segment: PinnedSegment; row: number }[] = [];
  for (const segment of index.segments) {
    for (const row of firstRows(segment, after, limit))
      found.push({ docId: segment.reader.docIds[row]!, segment, row });
  }
  found.sort((left, right) => (left.docId < right.docId ? -1 : 1));
  return found.slice(0, limit).map(({ segment, row }) => segment.reader.document(row));
}

/** The segment's first `limit` living rows behind `after` in the order of their docIds. */
function firstRows(segment: PinnedSegment, after: bigint, limit: number): number[] {
  const { reader, rowCount, live } = segment;
  const isLiving = (row: number): boolean => live === null || hasBit(live, row);
  const { docIds } = reader;
  if (!reader.isOrdered) {
    const rows = Array.from({ length: rowCount }, (_, row) => row).filter(
      (row) => isLiving(row) && docIds[row]! > after,
    );
    return rows.sort((left, right) => (docIds[left]! < docIds[right]! ? -1 : 1)).slice(0, limit);
  }
  const rows: number[] = [];
  for (let row = firstBehind(segment, after); row < rowCount && rows.length < limit; row += 1) {
    if (isLiving(row)) rows.push(row);
  }
  return rows;
}

function firstBehind({ reader: { docIds }, rowCount }: PinnedSegment, after: bigint): number {
  let from = 0;
  let to = rowCount;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (docIds[middle]! <= after) from = middle + 1;
    else to = middle;
  }
  return from;
}
