/**
 * What the headers of a log record say: all that the directory needs, so that it reads a body only to carry out a conditional write.
 *
 * Headers are text. Ids are base64, separated by commas; columns of uint64 are the base64 of their little-endian bytes.
 */
import { bufferOf, uint64From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import type { LogEntry, LogRecord } from '../change-log.js';
import { docIdOf } from './doc-id.js';

/** Header names. */
export const headerNames = {
  operation: 'Shoal-Operation',
  ids: 'Shoal-Ids',
  hashes: 'Shoal-Hashes',
  structure: 'Shoal-Structure',
  epoch: 'Shoal-Epoch',
  /** docIds under which an upsert's documents are stored instead of their own positions. */
  as: 'Shoal-As',
  /** docIds that a superseded record carries. */
  docIds: 'Shoal-Doc-Ids',
  places: 'Shoal-Places',
  conditions: 'Shoal-Conditions',
  writeId: 'Shoal-Write-Id',
} as const;

/** Values of a condition beside a docId that the document must have. */
export const condition = { none: 0n, absent: 2n ** 64n - 1n } as const;

interface OfDocuments {
  /** By position. */
  readonly ids: readonly string[];
  /** uint64[ids]: names the version that each position makes, ends at (superseded), or deletes up to. */
  readonly docIds: BigUint64Array;
}

/** Documents of one shard. */
export interface UpsertHeaders extends OfDocuments {
  readonly operation: 'upsert';
  /** uint64[ids]: XXH64 of each content. */
  readonly contentHashes: BigUint64Array;
  /** True where the docIds come from elsewhere: valid only while the directory has the id at exactly that docId. */
  readonly isAs: boolean;
  readonly structure: number;
  /** Map epoch of the writer. */
  readonly epoch: bigint;
  /** Position → every subject on which the document has a passage or copy; only for documents that have several. */
  readonly places: ReadonlyMap<number, readonly string[]>;
}

export interface SupersededHeaders extends OfDocuments {
  readonly operation: 'superseded';
}

/** A decision for the directory: deletes, or writes that depend on a condition. */
export interface DecisionHeaders extends OfDocuments {
  readonly operation: 'delete' | 'write';
  /** uint64[ids]: `condition.none`, `condition.absent`, or the docId that must be there. */
  readonly conditions: BigUint64Array;
  /** '' = none. */
  readonly writeId: string;
  /** uint64[ids]; empty for a delete. */
  readonly contentHashes: BigUint64Array;
  /** Version of the structure under which a write's lists were assigned; 0 for a delete. */
  readonly structure: number;
  readonly epoch: bigint;
}

export type RecordHeaders = UpsertHeaders | SupersededHeaders | DecisionHeaders;

type HeadedEntry = Pick<LogEntry, 'headers' | 'sequence' | 'subject'>;

/** What was read of an entry's headers last: a replica and a directory of one process hear the same entry. */
const read = new WeakMap<object, { readonly entry: Omit<HeadedEntry, 'headers'>; readonly headers: RecordHeaders }>();

/**
 * The headers of `entry`, bodies untouched; not to be changed, since others may read the same. DATA_LOSS when it is no record of Shoal
 * or its columns differ in length.
 */
export function headersOf(entry: HeadedEntry): RecordHeaders {
  const { sequence, subject } = entry;
  const known = read.get(entry.headers);
  if (known !== undefined && known.entry.sequence === sequence && known.entry.subject === subject) return known.headers;
  const headers = parse(entry);
  read.set(entry.headers, { entry: { sequence, subject }, headers });
  return headers;
}

function parse(entry: HeadedEntry): RecordHeaders {
  const { headers } = entry;
  const operation = headers[headerNames.operation];
  const ids = decodeIds(headers[headerNames.ids]);
  const positions = BigUint64Array.from(ids, (_, position) => docIdOf(entry.sequence, position));
  const column = (name: string): BigUint64Array => decodeColumn(headers[name], name, entry);
  const whole = (name: string): BigUint64Array => checkLength(column(name), ids, name, entry);
  const epoch = BigInt(headers[headerNames.epoch] ?? 0);
  switch (operation) {
    case 'upsert': {
      const as = column(headerNames.as);
      const isAs = as.length > 0;
      return {
        operation,
        ids,
        docIds: isAs ? checkLength(as, ids, headerNames.as, entry) : positions,
        isAs,
        contentHashes: whole(headerNames.hashes),
        structure: Number(headers[headerNames.structure] ?? 0),
        epoch,
        places: decodePlaces(headers[headerNames.places], entry.subject),
      };
    }
    case 'superseded': {
      const given = whole(headerNames.docIds);
      return { operation, ids, docIds: given.map((docId, at) => (docId === 0n ? positions[at]! : docId)) };
    }
    case 'delete':
    case 'write':
      return {
        operation,
        ids,
        docIds: positions,
        conditions: whole(headerNames.conditions),
        writeId: headers[headerNames.writeId] ?? '',
        contentHashes: operation === 'write' ? whole(headerNames.hashes) : new BigUint64Array(0),
        structure: Number(headers[headerNames.structure] ?? 0),
        epoch,
      };
    default:
      throw new ShoalError(
        'DATA_LOSS',
        `log record ${entry.sequence} of '${entry.subject}' has the unknown operation '${operation}'`,
      );
  }
}

/** Bytes that a document takes in a record's headers: its id, and at most two numbers. */
export function headerBytesOf(id: string): number {
  return Math.ceil(Buffer.byteLength(id) / 3) * 4 + 1 + 2 * 11;
}

/** The ids in a record's headers, by position. */
export function idsOf(record: LogRecord): readonly string[] {
  return decodeIds(record.headers[headerNames.ids]);
}

export function encodeIds(entries: readonly { readonly id: string }[]): string {
  return entries.map(({ id }) => encodeId(id)).join(',');
}

/** Between text and base64: a buffer of its own for every id is what a bulk load would feel. */
const scratch = Buffer.alloc(1_024);

function encodeId(id: string): string {
  // No UTF-16 unit takes more than 3 bytes.
  if (id.length * 3 > scratch.length) return Buffer.from(id, 'utf8').toString('base64');
  return scratch.toString('base64', 0, scratch.write(id, 'utf8'));
}

function decodeId(text: string): string {
  if (text.length > scratch.length) return Buffer.from(text, 'base64').toString('utf8');
  return scratch.toString('utf8', 0, scratch.write(text, 'base64'));
}

export function encodeColumn(column: BigUint64Array): string {
  return bufferOf(column).toString('base64');
}

/** `places` with the common beginning of the subjects left out: `position=1.0+1.4`. */
export function encodePlaces(places: ReadonlyMap<number, readonly string[]>): string {
  return [...places].map(([position, subjects]) => `${position}=${subjects.map(tailOf).join('+')}`).join(',');
}

function decodePlaces(text: string | undefined, subject: string): ReadonlyMap<number, readonly string[]> {
  if (text === undefined || text === '') return new Map();
  const prefix = subject.slice(0, subject.length - tailOf(subject).length);
  return new Map(
    text.split(',').map((part) => {
      const [position = '', tails = ''] = part.split('=');
      return [Number(position), tails.split('+').map((tail) => prefix + tail)];
    }),
  );
}

/** `generation.shard` of a shard's subject. */
function tailOf(subject: string): string {
  return subject.split('.').slice(-2).join('.');
}

function decodeIds(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  return text.split(',').map(decodeId);
}

function decodeColumn(text: string | undefined, name: string, entry: Pick<LogEntry, 'sequence'>): BigUint64Array {
  return uint64From(Buffer.from(text ?? '', 'base64'), `header ${name} of log record ${entry.sequence}`);
}

function checkLength(
  column: BigUint64Array,
  ids: readonly string[],
  name: string,
  entry: Pick<LogEntry, 'sequence' | 'subject'>,
): BigUint64Array {
  if (column.length === ids.length) return column;
  const what = `header ${name} has ${column.length} values for ${ids.length} ids`;
  throw new ShoalError('DATA_LOSS', `log record ${entry.sequence} of '${entry.subject}' is damaged: ${what}`);
}
