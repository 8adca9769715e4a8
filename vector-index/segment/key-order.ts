/** Rows in the order of their keys, docId and passage, whatever order a segment has them in. */
import type { SegmentReader } from './segment-reader.js';

type Keys = Pick<SegmentReader, 'docIds' | 'passages'>;

/** Orders rows by docId, then by passage. */
export function compareKeys(left: Keys, leftRow: number, right: Keys, rightRow: number): number {
  const leftDocId = left.docIds[leftRow]!;
  const rightDocId = right.docIds[rightRow]!;
  if (leftDocId !== rightDocId) return leftDocId < rightDocId ? -1 : 1;
  return (left.passages?.[leftRow] ?? 0) - (right.passages?.[rightRow] ?? 0);
}

/** uint32[rowCount]: the first `rowCount` rows by docId, then by passage. */
export function rowsByKey(
  reader: Pick<SegmentReader, 'docIds' | 'passages' | 'isOrdered' | 'keyOrder'>,
  rowCount: number,
): Uint32Array {
  if (reader.keyOrder !== null) return reader.keyOrder;
  const rows = Uint32Array.from({ length: rowCount }, (_, row) => row);
  return reader.isOrdered ? rows : rows.sort((left, right) => compareKeys(reader, left, reader, right));
}

/** `rows` by their list, those of one list in the order given. `lists` are below 65,536. */
export function byList(rows: Uint32Array, lists: Uint32Array): Uint32Array {
  let most = 0;
  for (const row of rows) most = Math.max(most, lists[row]!);
  const next = new Uint32Array(most + 2);
  for (const row of rows) next[lists[row]! + 1]! += 1;
  for (let list = 0; list <= most; list += 1) next[list + 1]! += next[list]!;
  const ordered = new Uint32Array(rows.length);
  for (const row of rows) {
    const list = lists[row]!;
    ordered[next[list]!] = row;
    next[list]! += 1;
  }
  return ordered;
}
