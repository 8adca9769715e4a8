/** Cutting what goes into the log into pieces that a record may hold: by number, by bytes of headers, by bytes of body. */
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';

/** What one entry takes of a record. */
export interface RecordShare {
  readonly headerBytes: number;
  readonly bodyBytes: number;
}

/** Bytes of a record's headers beside ids and columns: names, versions, a write id. */
const headerBytesFixed = 512;

/** The refusal of a document that takes `bytes` of a record's body; null when a record may hold it. */
export function tooLarge(id: string, bytes: number): ShoalError | null {
  if (bytes <= limits.messageBytesMax) return null;
  const sizes = `${bytes} bytes with its vectors, the limit of a record is ${limits.messageBytesMax}`;
  return new ShoalError('INVALID_ARGUMENT', `document '${id}' has ${sizes}; chunk it`);
}

/** `entries` in order, cut where a record is full. An entry too large for company is alone. */
export function recordPieces<T>(entries: readonly T[], shareOf: (entry: T) => RecordShare): readonly (readonly T[])[] {
  const all: T[][] = [];
  let open: T[] = [];
  let bodyBytes = 0;
  let headerBytes = headerBytesFixed;
  for (const entry of entries) {
    const share = shareOf(entry);
    const isFull =
      open.length === limits.documentsPerRecordMax ||
      bodyBytes + share.bodyBytes > limits.recordBodyBytesGrouped ||
      headerBytes + share.headerBytes > limits.recordHeaderBytesMax;
    if (open.length > 0 && isFull) {
      all.push(open);
      open = [];
      bodyBytes = 0;
      headerBytes = headerBytesFixed;
    }
    open.push(entry);
    bodyBytes += share.bodyBytes;
    headerBytes += share.headerBytes;
  }
  if (open.length > 0) all.push(open);
  return all;
}
