/**
 * One segment as its readers see it, whether it grows in memory or lies mapped on disk.
 *
 * Rows are numbered from 0. Columns are views that belong to the segment: valid until it is closed, never to be changed. A mutable
 * segment may hand out columns longer than the `rowCount` that a caller pinned; rows at or past the pinned count are to be ignored.
 */
import type { ShoalError } from '../../base/errors.js';
import type { AttributeScalar, AttributeValue, IndexDocument } from '../document.js';
import type { FilterCache } from '../filter/filter-cache.js';
import type { RowCoding } from '../lists/row-coding.js';
import type { ListRows } from './rows-by-list.js';

/** A number of each row. */
export interface RowNumbers {
  /** That of `row`, which is one of the segment. */
  at(row: number): number;
}

/** Where each row's own bytes, or terms, lie in a column of all rows. */
export interface RowRanges {
  start(row: number): number;
  length(row: number): number;
}

/** An order of all rows of a segment. */
export interface RowSequence {
  /** The row at `position`, which is below the number of rows. */
  at(position: number): number;
  /** uint32[rows], the caller's own. */
  all(): Uint32Array;
}

/** Token vectors of all rows. */
export interface TokenColumns {
  /** Codec records and float16 rows, one after another; each starts at a multiple of 4. */
  readonly bytes: Uint8Array;
  /** Where each row's record lies in `bytes`, without the padding behind it. */
  readonly ranges: RowRanges;
  /** Token vectors of each row; 0 where it has none. */
  readonly counts: RowNumbers;
  /** Number of each row's codec in `versions`. */
  readonly codecs: RowNumbers;
  /** Codec versions; '' is float16. */
  readonly versions: readonly string[];
}

/** The documents that hold one term. */
export interface Postings {
  /** uint32, ascending between `start` and `end`. */
  readonly rows: Uint32Array;
  /** fp16 document weights beside `rows`. */
  readonly weights: Uint16Array;
  readonly start: number;
  readonly end: number;
}

/** One row's terms. */
export interface RowTerms {
  /** uint32[terms], ascending. */
  readonly termIds: Uint32Array;
  /** fp16[terms]. */
  readonly weights: Uint16Array;
}

/** An id as segments look for it: its hash in words, since comparing BigInts allocates. */
export interface IdKey {
  readonly id: string;
  /** XXH64 of the id, and its two halves. */
  readonly hash: bigint;
  readonly low: number;
  readonly high: number;
}

/** The key of `id`, whose hash is `hash`. */
export function idKey(id: string, hash: bigint): IdKey {
  return { id, hash, low: Number(hash & 0xffffffffn), high: Number(hash >> 32n) };
}

export type AttributeKind = 'string' | 'int64' | 'double' | 'bool' | 'timestamp';

/** How a value is compared: with one value, or by `in` with any number. */
export type ValueComparator =
  | 'equal'
  | 'less'
  | 'lessEqual'
  | 'greater'
  | 'greaterEqual'
  | 'startsWith'
  /** Equal to any of the values. */
  | 'in'
  /** A list attribute holds the value. */
  | 'contains';

/** What the values of one attribute are asked for; `values` are of its kind. */
export interface ValueCondition {
  readonly comparator: ValueComparator;
  readonly values: readonly AttributeScalar[];
}

/** One attribute of one type. An attribute whose documents disagree on the type has a column for each. */
export interface AttributeColumn {
  readonly name: string;
  readonly kind: AttributeKind;
  readonly isList: boolean;
  /** The row's value; undefined where it has none. */
  value(row: number): AttributeValue | undefined;
  /** Sets the bits of all rows that have a value. `bits` has room for the rows of a pin, in multiples of 32; others are left out. */
  markPresent(bits: Uint8Array): void;
  /** The same for rows whose value, or one of whose elements, satisfies `condition`. */
  mark(condition: ValueCondition, bits: Uint8Array): void;
}

/** Where a passage lies in its document: see `IndexDocument`. */
export interface PassageOrigin {
  readonly start: number;
  readonly end: number;
  readonly home: number;
}

/**
 * Compares what is about to be read of a file with its checksums, where that was not done since it was opened; off the event loop where that
 * takes long. All reject with DATA_LOSS that names the file and the column when a block is damaged, and with CANCELLED or the signal's
 * reason as soon as `signal` aborts.
 */
export interface SegmentChecks {
  /** What a search of `lists` (uint32) by codes reads. */
  codes(lists: Uint32Array, signal?: AbortSignal): Promise<void>;
  /** Dense vectors of `rows`; null = all. */
  vectors(rows: Iterable<number> | null, signal?: AbortSignal): Promise<void>;
  /** Token vectors of `rows`. */
  tokens(rows: Iterable<number>, signal?: AbortSignal): Promise<void>;
  /** Postings of the terms. */
  postings(termIds: Uint32Array, signal?: AbortSignal): Promise<void>;
}

export interface SegmentReader {
  readonly rowCount: number;
  readonly dim: number;
  /** Bytes on disk, or an estimate of those in memory. */
  readonly bytes: number;
  /** Whether (docId, passage) ascends with the row number. */
  readonly isOrdered: boolean;
  /** The rows by docId and passage; null where they are in that order, or still arrive. */
  readonly keyOrder: RowSequence | null;
  /** Whether (list, docId, passage) ascends with the row number. */
  readonly isByList: boolean;
  /** uint64[rows]: numbers that order the rows of all segments by docId and passage; null where some row has none, or no codes. */
  readonly rowKeys: BigUint64Array | null;
  /** The codes of the rows; null where they have none: version 0 of the structure. */
  readonly coding: RowCoding | null;
  /** uint64[rows]. */
  readonly docIds: BigUint64Array;
  /** uint32[rows]. A sealed segment makes it for every call. */
  readonly lists: Uint32Array;
  /** uint32[rows]: number of each row's passage; null when all are primary ones. */
  readonly passages: Uint32Array | null;
  /** Rows of primary passages. */
  readonly primaryCount: number;
  /**
   * To be awaited before `dense`, `postings`, `tokens.bytes` or codes are read; what this interface gives row by row is checked by itself.
   * Null where nothing is left to check.
   */
  readonly checks: SegmentChecks | null;
  /**
   * DATA_LOSS where the segment's file was cut short, or could not be read, since it was opened, else null. What was read of it then may be
   * zeros, checked or not: to be asked after reading, before anybody uses what was read.
   */
  readonly damage: ShoalError | null;
  /**
   * What of the segment's file lies in the process's memory leaves it, and comes back where it is read again: for those who read much of it
   * in passing. Nothing where the segment has no file.
   */
  unload(): void;
  /** fp16[rows, dim]; rows without a vector are zero. Null when no row has one. */
  readonly dense: Uint16Array | null;
  /** Bitmap of rows with a dense vector; null when all have one. */
  readonly densePresent: Uint8Array | null;
  readonly tokens: TokenColumns;
  readonly attributes: readonly AttributeColumn[];
  /** What filters found here lately; null where rows are still added. */
  readonly filters: FilterCache | null;
  /** Row of a passage; -1 when it is not here. */
  rowOf(docId: bigint, passage: number): number;
  /** Every row of a docId, in any order. */
  rowsOf(docId: bigint): readonly number[];
  /** Every row whose id is that of `key` (all versions), in any order. */
  rowsOfId(key: IdKey): readonly number[];
  /** The rows below `rowCount` by inverted list. */
  rowsByList(rowCount: number): ListRows;
  /** Postings of a term; null when no row has it. */
  postings(termId: number): Postings | null;
  /** Every term that occurs, ascending. */
  termIds(): Uint32Array;
  /** The row's terms; null when it has no sparse representation. DATA_LOSS when a block of theirs is damaged. */
  terms(row: number): RowTerms | null;
  hasTokens(row: number): boolean;
  idBytes(row: number): Uint8Array;
  /** XXH64 of the row's id. */
  idHash(row: number): bigint;
  /** XXH64 of the row's content; 0 where it is not known. DATA_LOSS when its block is damaged. */
  contentHash(row: number): bigint;
  /** Where the row's passage lies in its document. */
  origin(row: number): PassageOrigin;
  /** How many other shards were to get passages of the row's document; 0 where that is not known. */
  elsewhere(row: number): number;
  /** Null when the document has no title. DATA_LOSS, as `textBytes`, when its block is damaged. */
  titleBytes(row: number): Uint8Array | null;
  textBytes(row: number): Uint8Array;
  /** The whole document, copied. DATA_LOSS when a block that it touches is damaged. */
  document(row: number): IndexDocument;
}

/** Whether the row has a dense vector. */
export function hasDense({ dense, densePresent }: Pick<SegmentReader, 'dense' | 'densePresent'>, row: number): boolean {
  return dense !== null && (densePresent === null || (densePresent[row >>> 3]! & (1 << (row & 7))) !== 0);
}
