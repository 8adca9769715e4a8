/** A docId names one version of one document, and says which of two versions is newer: log sequence × 4,096 + position in the record. */
import { limits } from '../../base/limits.js';

/** The docId of position `position` in the record at `sequence`. */
export function docIdOf(sequence: bigint, position: number): bigint {
  return sequence * BigInt(limits.documentsPerRecordMax) + BigInt(position);
}

/** The sequence of the record that holds `docId`. */
export function sequenceOf(docId: bigint): bigint {
  return docId / BigInt(limits.documentsPerRecordMax);
}
