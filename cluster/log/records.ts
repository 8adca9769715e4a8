/**
 * Log records of documents: what is in the headers, what is in the body, and how a record becomes document versions.
 *
 * Headers carry all that the directory needs (ids, content hashes, operation, structure version), so that it never reads a body.
 * A document's docId is its record's sequence × 4,096 + its position in the record: one number that names one version and says
 * which of two versions is newer.
 */
import { bufferOf, uint64From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import {
  DocumentRecord,
  SupersededRecord,
  type LogDocument,
  type Superseded,
} from '../../proto/generated/shoal/v1/log.js';
import type { LogEntry, LogRecord } from '../change-log.js';

/** Header names. */
const operationHeader = 'Shoal-Operation';
const idsHeader = 'Shoal-Ids';
const hashesHeader = 'Shoal-Hashes';
const structureHeader = 'Shoal-Structure';

/** What one record changes. */
export type LogChange =
  | { readonly operation: 'upsert'; readonly documents: readonly LogDocument[] }
  | { readonly operation: 'superseded'; readonly entries: readonly Superseded[] };

/** The docId of position `position` in the record at `sequence`. */
export function docIdOf(sequence: bigint, position: number): bigint {
  return sequence * BigInt(limits.documentsPerRecordMax) + BigInt(position);
}

/** The sequence of the record that holds `docId`. */
export function sequenceOf(docId: bigint): bigint {
  return docId / BigInt(limits.documentsPerRecordMax);
}

/** A record of `documents` (1 to 4,096) with the XXH64 of each one's content, coded under structure version `structure`. */
export function upsertRecord(
  documents: readonly LogDocument[],
  contentHashes: BigUint64Array,
  structure: number,
): LogRecord {
  return {
    headers: {
      [operationHeader]: 'upsert',
      [idsHeader]: encodeIds(documents),
      [hashesHeader]: bufferOf(contentHashes).toString('base64'),
      [structureHeader]: String(structure),
    },
    body: DocumentRecord.encode({ documents: [...documents] }).finish(),
  };
}

/** A record that ends every version of the named ids smaller than the docId beside each; 0 = smaller than this record's own. */
export function supersededRecord(entries: readonly Superseded[]): LogRecord {
  return {
    headers: { [operationHeader]: 'superseded', [idsHeader]: encodeIds(entries) },
    body: SupersededRecord.encode({ entries: [...entries] }).finish(),
  };
}

/** What `entry` changes, with 0 docIds of superseded entries resolved. DATA_LOSS when it is no record of Shoal. */
export function changeOf(entry: LogEntry): LogChange {
  const operation = entry.headers[operationHeader];
  if (operation === 'upsert') {
    return { operation, documents: DocumentRecord.decode(entry.body).documents };
  }
  if (operation === 'superseded') {
    const { entries } = SupersededRecord.decode(entry.body);
    const resolved = entries.map((each, position) =>
      each.docId === 0n ? { id: each.id, docId: docIdOf(entry.sequence, position) } : each,
    );
    return { operation, entries: resolved };
  }
  throw new ShoalError(
    'DATA_LOSS',
    `log record ${entry.sequence} of '${entry.subject}' has the unknown operation '${operation}'`,
  );
}

/** The ids in a record's headers, by position. */
export function idsOf(record: LogRecord): readonly string[] {
  const header = record.headers[idsHeader] ?? '';
  return header === '' ? [] : header.split(',').map((part) => Buffer.from(part, 'base64').toString('utf8'));
}

/** The content hashes in an upsert's headers, by position. */
export function contentHashesOf(record: LogRecord): BigUint64Array {
  return uint64From(Buffer.from(record.headers[hashesHeader] ?? '', 'base64'), 'the content hashes of a log record');
}

/** Bytes that a document's id and hash take in a record's headers. */
export function headerBytesOf(id: string): number {
  return Math.ceil(Buffer.byteLength(id) / 3) * 4 + 1 + 11;
}

function encodeIds(entries: readonly { readonly id: string }[]): string {
  return entries.map(({ id }) => Buffer.from(id, 'utf8').toString('base64')).join(',');
}
