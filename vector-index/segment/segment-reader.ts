/**
 * One segment as its readers see it, whether it grows in memory or lies mapped on disk.
 *
 * Rows are numbered from 0. Columns are views that belong to the segment: valid until it is closed, never to be changed. A mutable
 * segment may hand out columns longer than the `rowCount` that a caller pinned; rows at or past the pinned count are to be ignored.
 */
import type { AttributeScalar, AttributeValue, IndexDocument } from '../document.js';
import type { FilterCache } from '../filter/filter-cache.js';
import type { RowCoding } from '../lists/row-coding.js';
import type { RowsByList } from './rows-by-list.js';

/** Token vectors of all rows. */
export interface TokenColumns {
  /** Codec records and float16 rows, one after another; each starts at a multiple of 4. */
  readonly bytes: Uint8Array;
  /** uint64[rows]: byte offset of each row's record in `bytes`. */
  readonly offsets: BigUint64Array;
  /** uint32[rows]: bytes of each row's record, without the padding behind it. */
  readonly lengths: Uint32Array;
  /** uint32[rows]: token vectors of each row; 0 where it has none. */
  readonly counts: Uint32Array;
  /** uint8[rows]: number of each row's codec in `versions`. */
  readonly codecs: Uint8Array;
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
  /** Null where they are not known: in memory, and in older files. */
  readonly blocks: PostingBlocks | null;
  /** The term's first block. */
  readonly block: number;
}

/** What bounds the postings of each block: 128 consecutive ones of a term, the last block of a term being shorter. */
export interface PostingBlocks {
  /** uint32[blocks]: the last row. */
  readonly rows: Uint32Array;
  /** uint16[blocks]: the largest `weight & 0x7fff`, that is the largest magnitude in fp16. */
  readonly maxima: Uint16Array;
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

export interface SegmentReader {
  readonly rowCount: number;
  readonly dim: number;
  /** Bytes on disk, or an estimate of those in memory. */
  readonly bytes: number;
  /** Whether (docId, passage) ascends with the row number. */
  readonly isOrdered: boolean;
  /** uint32[rows]: the rows by docId and passage; null where they are in that order, or still arrive. */
  readonly keyOrder: Uint32Array | null;
  /** Whether (list, docId, passage) ascends with the row number. */
  readonly isByList: boolean;
  /** The codes of the rows; null where they have none: version 0 of the structure. */
  readonly coding: RowCoding | null;
  /** uint64[rows]. */
  readonly docIds: BigUint64Array;
  /** uint64[rows], XXH64 of the ids. */
  readonly idHashes: BigUint64Array;
  /** uint64[rows], XXH64 of the contents; 0 where it is not known. */
  readonly contentHashes: BigUint64Array;
  /** uint32[rows]. */
  readonly lists: Uint32Array;
  /** uint32[rows]: number of each row's passage; null when all are primary ones. */
  readonly passages: Uint32Array | null;
  /** Rows of primary passages. */
  readonly primaryCount: number;
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
  rowsByList(rowCount: number): RowsByList;
  /** Postings of a term; null when no row has it. */
  postings(termId: number): Postings | null;
  /** Every term that occurs, ascending. */
  termIds(): Uint32Array;
  /** The row's terms; null when it has no sparse representation. */
  terms(row: number): RowTerms | null;
  hasTokens(row: number): boolean;
  idBytes(row: number): Uint8Array;
  /** Where the row's passage lies in its document. */
  origin(row: number): PassageOrigin;
  /** How many other shards were to get passages of the row's document; 0 where that is not known. */
  elsewhere(row: number): number;
  /** Null when the document has no title. */
  titleBytes(row: number): Uint8Array | null;
  textBytes(row: number): Uint8Array;
  /** The whole document, copied. DATA_LOSS when a block that it touches is damaged. */
  document(row: number): IndexDocument;
}
