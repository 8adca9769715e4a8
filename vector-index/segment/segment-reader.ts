/**
 * One segment as its readers see it, whether it grows in memory or lies mapped on disk.
 *
 * Rows are numbered from 0. Columns are views that belong to the segment: valid until it is closed, never to be changed. A mutable
 * segment may hand out columns longer than the `rowCount` that a caller pinned; rows at or past the pinned count are to be ignored.
 */
import type { AttributeValue, IndexDocument } from '../document.js';

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
}

/** One row's terms. */
export interface RowTerms {
  /** uint32[terms], ascending. */
  readonly termIds: Uint32Array;
  /** fp16[terms]. */
  readonly weights: Uint16Array;
}

export type AttributeKind = 'string' | 'int64' | 'double' | 'bool' | 'timestamp';

/** One attribute of one type. An attribute whose documents disagree on the type has a column for each. */
export interface AttributeColumn {
  readonly name: string;
  readonly kind: AttributeKind;
  readonly isList: boolean;
  /** The row's value; undefined where it has none. */
  value(row: number): AttributeValue | undefined;
}

export interface SegmentReader {
  readonly rowCount: number;
  readonly dim: number;
  /** Bytes on disk, or an estimate of those in memory. */
  readonly bytes: number;
  /** Whether docIds ascend with the row number; always so on disk. */
  readonly isOrdered: boolean;
  /** uint64[rows]. */
  readonly docIds: BigUint64Array;
  /** uint64[rows], XXH64 of the ids. */
  readonly idHashes: BigUint64Array;
  /** uint32[rows]. */
  readonly lists: Uint32Array;
  /** fp16[rows, dim]; rows without a vector are zero. Null when no row has one. */
  readonly dense: Uint16Array | null;
  /** Bitmap of rows with a dense vector; null when all have one. */
  readonly densePresent: Uint8Array | null;
  readonly tokens: TokenColumns;
  readonly attributes: readonly AttributeColumn[];
  /** Row of a docId; -1 when it is not here. */
  rowOf(docId: bigint): number;
  /** Every row whose id is `id` (all versions), in any order. */
  rowsOfId(id: string, idHash: bigint): number[];
  /** Postings of a term; null when no row has it. */
  postings(termId: number): Postings | null;
  /** Every term that occurs, ascending. */
  termIds(): Uint32Array;
  /** The row's terms; null when it has no sparse representation. */
  terms(row: number): RowTerms | null;
  hasTokens(row: number): boolean;
  idBytes(row: number): Uint8Array;
  /** Null when the document has no title. */
  titleBytes(row: number): Uint8Array | null;
  textBytes(row: number): Uint8Array;
  /** The whole document, copied. DATA_LOSS when a block that it touches is damaged. */
  document(row: number): IndexDocument;
}
