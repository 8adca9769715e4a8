/** Walks the living documents of an index in the order of their docIds. */
import { firstAt } from '../binary-search.js';
import { hasBit } from '../bitmap.js';
import type { IndexDocument } from '../document.js';
import { compareKeys } from '../segment/key-order.js';
import type { SegmentReader } from '../segment/segment-reader.js';
import type { PinnedSegment } from '../segment/segment-state.js';
import type { SelectedIndex } from './pinned-index.js';

interface FoundRow {
  readonly docId: bigint;
  readonly passage: number;
  readonly segment: PinnedSegment;
  readonly row: number;
}

/** Ids and versions; columns of one length, in ascending docId. */
export interface ListedRows {
  readonly ids: readonly string[];
  readonly docIds: BigUint64Array;
  readonly contentHashes: BigUint64Array;
  /** uint8[n]: 1 = the primary passage is here. */
  readonly primary: Uint8Array;
  /** uint32[n]: in how many other shards the document was to get passages, where its primary one is here; null = none has any. */
  readonly elsewhere: Uint32Array | null;
  /** No row follows. */
  readonly isDone: boolean;
}

/** The first `limit` selected documents with a docId larger than `after`, ascending; of each the first passage that is here. */
export function scrollDocuments(index: SelectedIndex, after: bigint, limit: number): IndexDocument[] {
  const found = firstDocuments(index, after, limit);
  return found.slice(0, limit).map(({ segment, row }) => segment.reader.document(row));
}

/** Of the first `limit` selected documents with a docId larger than `after` what the directory wants to know. */
export function listRows(index: SelectedIndex, after: bigint, limit: number): ListedRows {
  const found = firstDocuments(index, after, limit + 1);
  const rows = found.slice(0, limit);
  const elsewhere = Uint32Array.from(rows, ({ segment, row }) => segment.reader.elsewhere(row));
  return {
    ids: rows.map(({ segment, row }) => text(segment.reader.idBytes(row))),
    docIds: BigUint64Array.from(rows, ({ docId }) => docId),
    contentHashes: BigUint64Array.from(rows, ({ segment, row }) => segment.reader.contentHash(row)),
    primary: Uint8Array.from(rows, ({ passage }) => (passage === 0 ? 1 : 0)),
    elsewhere: elsewhere.some((count) => count > 0) ? elsewhere : null,
    isDone: found.length <= limit,
  };
}

/** The first passage of each of the first `limit` documents behind `after`. */
function firstDocuments(index: SelectedIndex, after: bigint, limit: number): FoundRow[] {
  const found: FoundRow[] = [];
  for (const [at, segment] of index.segments.entries()) {
    const { docIds, passages } = segment.reader;
    for (const row of firstRows(segment, index.selected(at), after, limit))
      found.push({ docId: docIds[row]!, passage: passages?.[row] ?? 0, segment, row });
  }
  found.sort((left, right) =>
    left.docId === right.docId ? left.passage - right.passage : left.docId < right.docId ? -1 : 1,
  );
  return found.filter(({ docId }, at) => at === 0 || found[at - 1]!.docId !== docId).slice(0, limit);
}

/** The first passage of each of the segment's first `limit` selected documents behind `after`, in their order. */
function firstRows(
  { reader, rowCount }: PinnedSegment,
  selected: Uint8Array | null,
  after: bigint,
  limit: number,
): number[] {
  const isSelected = (row: number): boolean => selected === null || hasBit(selected, row);
  const { docIds } = reader;
  const rows: number[] = [];
  const take = (row: number): boolean => {
    if (rows.length === 0 || docIds[rows.at(-1)!] !== docIds[row]) rows.push(row);
    return rows.length < limit;
  };
  const { keyOrder } = reader;
  if (reader.isOrdered || keyOrder !== null) {
    for (let at = firstBehind(reader, rowCount, after); at < rowCount; at += 1) {
      const row = keyOrder?.at(at) ?? at;
      if (isSelected(row) && !take(row)) break;
    }
    return rows;
  }
  const all: number[] = [];
  for (let row = 0; row < rowCount; row += 1) if (isSelected(row) && docIds[row]! > after) all.push(row);
  all.sort((left, right) => compareKeys(reader, left, reader, right));
  for (const row of all) if (!take(row)) break;
  return rows;
}

/** Position in the order of keys. */
function firstBehind({ docIds, keyOrder }: SegmentReader, rowCount: number, after: bigint): number {
  return firstAt(rowCount, (at) => docIds[keyOrder?.at(at) ?? at]! > after);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
