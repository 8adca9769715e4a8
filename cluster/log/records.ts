/**
 * Log records: how documents, their ends and decisions about them become headers and body, and how a replica reads them back.
 *
 * Records of a shard's subject hold documents (`upsert`) or say which versions are gone (`superseded`); those of the directory's
 * subject ask for a decision (`delete`, `write`). What headers hold is in `record-headers.ts`.
 */
import { ShoalError } from '../../base/errors.js';
import { DocumentRecord, type LogDocument } from '../../proto/generated/shoal/v1/log.js';
import { decodeDocuments } from '../../proto/log-documents.js';
import type { LogEntry, LogRecord } from '../change-log.js';
import { joinDocuments, type EncodedDocument } from './encoded-document.js';
import { encodeColumn, encodeIds, encodePlaces, headerNames, headersOf } from './record-headers.js';

/** Versions of `id` smaller than `docId` are gone; 0 = smaller than the position of this entry in its record. */
export interface Superseded {
  readonly id: string;
  readonly docId: bigint;
}

export interface UpsertContext {
  /** uint64[documents]: XXH64 of each content. */
  readonly contentHashes: BigUint64Array;
  /** Version of the structure under which lists were assigned. */
  readonly structure: number;
  /** Map epoch of the writer; 0 unless told. */
  readonly epoch?: bigint;
  /** uint64[documents]: docIds under which the documents are stored, instead of the record's own positions. */
  readonly as?: BigUint64Array;
  /** Position → all subjects of a document that has several. */
  readonly places?: ReadonlyMap<number, readonly string[]>;
}

export interface DecisionContext {
  /** uint64[entries]: see `condition`. */
  readonly conditions: BigUint64Array;
  /** '' = none. */
  readonly writeId: string;
  readonly epoch?: bigint;
}

/** What one record of a shard's subject changes. */
export type LogChange =
  | {
      readonly operation: 'upsert';
      readonly documents: readonly LogDocument[];
      readonly docIds: BigUint64Array;
      readonly contentHashes: BigUint64Array;
      /** Version of the structure under which their lists were assigned. */
      readonly structure: number;
      /** By position, all subjects of a document that has several, its own among them. */
      readonly places: ReadonlyMap<number, readonly string[]>;
    }
  | { readonly operation: 'superseded'; readonly entries: readonly Superseded[] };

/** A record of `documents` (1 to 4,096) of one shard. */
export function upsertRecord(documents: readonly LogDocument[], context: UpsertContext): LogRecord {
  return {
    headers: upsertHeaders(documents, context),
    body: DocumentRecord.encode({ documents: [...documents] }).finish(),
  };
}

/** The same as `upsertRecord` of documents that are encoded already, so that a bulk load encodes each once. */
export function encodedUpsertRecord(documents: readonly EncodedDocument[], context: UpsertContext): LogRecord {
  return { headers: upsertHeaders(documents, context), body: joinDocuments(documents) };
}

/** A record that ends every version of the named ids smaller than the docId beside each; 0 = smaller than this record's own. */
export function supersededRecord(entries: readonly Superseded[]): LogRecord {
  return {
    headers: {
      [headerNames.operation]: 'superseded',
      [headerNames.ids]: encodeIds(entries),
      [headerNames.docIds]: encodeColumn(BigUint64Array.from(entries, ({ docId }) => docId)),
    },
    body: new Uint8Array(0),
  };
}

/** For the directory: end the documents named, each where its condition holds. */
export function deleteRecord(ids: readonly string[], context: DecisionContext): LogRecord {
  return {
    headers: {
      [headerNames.operation]: 'delete',
      [headerNames.ids]: encodeIds(ids.map((id) => ({ id }))),
      ...decisionHeaders(context),
    },
    body: new Uint8Array(0),
  };
}

/** For the directory: write `documents` (with all their passages in `further`), each where its condition holds. */
export function writeRecord(
  documents: readonly LogDocument[],
  context: DecisionContext & Pick<UpsertContext, 'contentHashes' | 'structure'>,
): LogRecord {
  return {
    headers: {
      [headerNames.operation]: 'write',
      [headerNames.ids]: encodeIds(documents),
      [headerNames.hashes]: encodeColumn(context.contentHashes),
      [headerNames.structure]: String(context.structure),
      ...decisionHeaders(context),
    },
    body: DocumentRecord.encode({ documents: [...documents] }).finish(),
  };
}

function upsertHeaders(documents: readonly { readonly id: string }[], context: UpsertContext): LogRecord['headers'] {
  const { contentHashes, structure, epoch = 0n, as, places } = context;
  return {
    [headerNames.operation]: 'upsert',
    [headerNames.ids]: encodeIds(documents),
    [headerNames.hashes]: encodeColumn(contentHashes),
    [headerNames.structure]: String(structure),
    [headerNames.epoch]: String(epoch),
    ...(as === undefined ? {} : { [headerNames.as]: encodeColumn(as) }),
    ...(places === undefined || places.size === 0 ? {} : { [headerNames.places]: encodePlaces(places) }),
  };
}

function decisionHeaders({ conditions, writeId, epoch = 0n }: DecisionContext): Record<string, string> {
  return {
    [headerNames.conditions]: encodeColumn(conditions),
    [headerNames.epoch]: String(epoch),
    ...(writeId === '' ? {} : { [headerNames.writeId]: writeId }),
  };
}

/** What `entry` of a shard's subject changes there; vectors are views of its body. DATA_LOSS when it is no such record. */
export function changeOf(entry: LogEntry): LogChange {
  const headers = headersOf(entry);
  if (headers.operation === 'upsert') {
    const { docIds, contentHashes, structure, places } = headers;
    const documents = decodeDocuments(entry.body);
    if (documents.length === docIds.length)
      return { operation: 'upsert', documents, docIds, contentHashes, structure, places };
    const what = `${documents.length} documents for ${docIds.length} ids`;
    throw new ShoalError('DATA_LOSS', `log record ${entry.sequence} of '${entry.subject}' is damaged: ${what}`);
  }
  if (headers.operation === 'superseded') {
    const entries = headers.ids.map((id, position) => ({ id, docId: headers.docIds[position]! }));
    return { operation: 'superseded', entries };
  }
  const what = `operation '${headers.operation}' belongs on the directory's subject`;
  throw new ShoalError('DATA_LOSS', `log record ${entry.sequence} of '${entry.subject}': ${what}`);
}

/** The documents of a `write` record, by position; their vectors are views of its body. */
export function documentsOf(entry: LogEntry): readonly LogDocument[] {
  return decodeDocuments(entry.body);
}
