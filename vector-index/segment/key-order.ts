/** Rows in the order of their keys, docId and passage, whatever order a segment has them in. */
import type { SegmentReader } from './segment-reader.js';

type Keys = Pick<SegmentReader, 'docIds' | 'passages'>;

/** Bits of a row key that number the passage. */
const passageBits = 13;
const passagesMax = 2 ** passageBits;
const docIdsMax = 2n ** BigInt(64 - passageBits);

/** A number that orders rows of all segments by docId and passage; null when it takes more than 64 bits: no record comes to that. */
export function rowKeyOf(docId: bigint, passage: number): bigint | null {
  return docId < docIdsMax && passage < passagesMax ? (docId << BigInt(passageBits)) | BigInt(passage) : null;
}

/** uint64[rows]: the `rowKeyOf` of every row; null when there is none for some. */
export function rowKeysOf({ docIds, passages }: Keys): BigUint64Array | null {
  // In words of 32 bits: a BigInt for every row would take a hundred times as long.
  const words = new Uint32Array(docIds.buffer, docIds.byteOffset, 2 * docIds.length);
  const keys = new BigUint64Array(docIds.length);
  const keyWords = new Uint32Array(keys.buffer);
  for (let row = 0; row < docIds.length; row += 1) {
    const [low, high, passage] = [words[2 * row]!, words[2 * row + 1]!, passages?.[row] ?? 0];
    if (passage >= passagesMax || high >>> (32 - passageBits) !== 0) return null;
    keyWords[2 * row] = (low << passageBits) | passage;
    keyWords[2 * row + 1] = (high << passageBits) | (low >>> (32 - passageBits));
  }
  return keys;
}

/** Orders rows by docId, then by passage. */
export function compareKeys(left: Keys, leftRow: number, right: Keys, rightRow: number): number {
  const leftDocId = left.docIds[leftRow]!;
  const rightDocId = right.docIds[rightRow]!;
  if (leftDocId !== rightDocId) return leftDocId < rightDocId ? -1 : 1;
  return (left.passages?.[leftRow] ?? 0) - (right.passages?.[rightRow] ?? 0);
}

/** uint32[rowCount]: the first `rowCount` rows by docId, then by passage; the caller's own. */
export function rowsByKey(
  reader: Pick<SegmentReader, 'docIds' | 'passages' | 'isOrdered' | 'keyOrder'>,
  rowCount: number,
): Uint32Array {
  if (reader.keyOrder !== null) return reader.keyOrder.all();
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
