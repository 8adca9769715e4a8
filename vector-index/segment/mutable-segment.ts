/**
 * The segment that documents are written to: the same columns as a sealed one, growing in memory, searchable at once.
 *
 * Rows are in order of arrival, so docIds need not ascend (`isOrdered`). Nothing is ever removed here: which rows are alive is the
 * owner's bitmap. Nothing here is durable: the log is, until the segment is sealed.
 */
import { assert } from '../../base/assert.js';
import { toFloat16, toFloat32 } from '../../kernels/kernels.js';
import { bitmapBytes, setBit } from '../bitmap.js';
import type { AttributeScalar, IndexDocument } from '../document.js';
import type { RowCode } from '../lists/code-documents.js';
import { MutableCodes } from '../lists/mutable-codes.js';
import type { CodeShape } from '../lists/row-coding.js';
import { rowAttributes } from './attribute-columns.js';
import { addRow, DocIdRows, rowsIn } from './doc-id-rows.js';
import { grown } from './growable.js';
import { rowKeyOf } from './key-order.js';
import { MutableAttributes } from './mutable-attributes.js';
import { ListedNumbers } from './narrow-column.js';
import { ListedRanges } from './row-ranges.js';
import { RowsByList } from './rows-by-list.js';
import type {
  AttributeColumn,
  IdKey,
  PassageOrigin,
  Postings,
  RowTerms,
  SegmentReader,
  TokenColumns,
} from './segment-reader.js';

/** Rows for which a segment makes room at first. */
const roomMin = 64;

interface GrowingPostings {
  rows: Uint32Array;
  weights: Uint16Array;
  count: number;
}

interface ColdFields {
  readonly id: string;
  readonly title: string | null;
  readonly text: string;
  readonly terms: RowTerms | null;
  readonly hasTokens: boolean;
  readonly start: number;
  readonly end: number;
  readonly home: number;
  readonly elsewhere: number;
}

export class MutableSegment implements SegmentReader {
  readonly dim: number;
  readonly filters = null;
  readonly checks = null;
  readonly damage = null;
  docIds = new BigUint64Array(0);
  lists = new Uint32Array(0);
  #idHashes = new BigUint64Array(0);
  #contentHashes = new BigUint64Array(0);
  #passages: Uint32Array | null = null;
  #furtherCount = 0;
  #rowCount = 0;
  /** Rows for which the columns have room. */
  #room = 0;
  #bytes = 0;
  #isOrdered = true;
  #dense = new Uint16Array(0);
  #densePresent = new Uint8Array(0);
  #denseCount = 0;
  #tokenBytes = new Uint8Array(0);
  #tokenBytesUsed = 0;
  #tokenOffsets = new BigUint64Array(0);
  #tokenCounts = new Uint32Array(0);
  #tokenLengths = new Uint32Array(0);
  #tokenCodecs = new Uint8Array(0);
  readonly #versions: string[] = [];
  readonly #postings = new Map<number, GrowingPostings>();
  readonly #attributes = new MutableAttributes();
  readonly #cold: ColdFields[] = [];
  readonly #rowsByDocId = new DocIdRows();
  /** One row, or all where there are several. */
  readonly #rowsById = new Map<string, number | number[]>();
  #rowsByList: { readonly rowCount: number; readonly rows: RowsByList } | null = null;

  readonly #codes: MutableCodes | null;
  #rowKeys = new BigUint64Array(0);
  #areKeyed = true;

  /** Rows are coded as `shape` says; null = they are not. */
  constructor(dim: number, shape: CodeShape | null = null) {
    this.dim = dim;
    this.#codes = shape === null ? null : new MutableCodes(shape);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  unload(): void {
    // There is no file that it could come back from.
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isOrdered(): boolean {
    return this.#isOrdered;
  }

  get keyOrder(): null {
    return null;
  }

  get isByList(): boolean {
    return false;
  }

  get coding(): MutableCodes | null {
    return this.#codes;
  }

  get rowKeys(): BigUint64Array | null {
    return this.#codes !== null && this.#areKeyed ? this.#rowKeys : null;
  }

  get passages(): Uint32Array | null {
    return this.#passages;
  }

  get primaryCount(): number {
    return this.#rowCount - this.#furtherCount;
  }

  get dense(): Uint16Array | null {
    return this.#denseCount === 0 ? null : this.#dense;
  }

  get densePresent(): Uint8Array | null {
    return this.#denseCount === this.#rowCount ? null : this.#densePresent;
  }

  get tokens(): TokenColumns {
    return {
      bytes: this.#tokenBytes,
      ranges: new ListedRanges(this.#tokenOffsets, this.#tokenLengths),
      counts: new ListedNumbers(this.#tokenCounts),
      codecs: new ListedNumbers(this.#tokenCodecs),
      versions: this.#versions,
    };
  }

  get attributes(): readonly AttributeColumn[] {
    return this.#attributes.columns;
  }

  /** Appends a document, with its code where rows are coded and it has a vector, and answers its row. Arrays are copied. */
  add(document: IndexDocument, idHash: bigint, code: RowCode | null = null): number {
    const row = this.#rowCount;
    if (row === this.#room) this.#makeRoom();
    if (this.#codes !== null) {
      assert((code !== null) === (document.dense !== null), 'a vector comes with its code');
      if (code !== null) this.#codes.set(row, code);
      this.#addRowKey(row, document);
      this.#bytes += this.#codes.rowBytes;
    }
    this.#addKeys(row, document, idHash);
    this.#addDense(row, document.dense);
    this.#addTokens(row, document);
    const terms = this.#addTerms(row, document);
    this.#attributes.add(row, document.attributes);
    const { id, title, text, start, end, home, elsewhere = 0 } = document;
    this.#cold.push({ id, title, text, terms, hasTokens: document.tokens !== null, start, end, home, elsewhere });
    addRow(this.#rowsById, id, row);
    this.#rowCount += 1;
    this.#bytes += 200 + id.length + text.length + (title?.length ?? 0) + attributeBytes(document.attributes);
    return row;
  }

  /** The latest of the rows where a dead one has the same key. */
  rowOf(docId: bigint, passage: number): number {
    return this.rowsOf(docId).findLast((row) => (this.#passages?.[row] ?? 0) === passage) ?? -1;
  }

  rowsOf(docId: bigint): readonly number[] {
    return this.#rowsByDocId.rowsOf(this.docIds, this.#rowCount, docId);
  }

  rowsOfId({ id }: Pick<IdKey, 'id'>): readonly number[] {
    return rowsIn(this.#rowsById, id);
  }

  rowsByList(rowCount: number): RowsByList {
    if (this.#rowsByList?.rowCount !== rowCount)
      this.#rowsByList = { rowCount, rows: new RowsByList(this.lists, rowCount) };
    return this.#rowsByList.rows;
  }

  postings(termId: number): Postings | null {
    const postings = this.#postings.get(termId);
    return postings === undefined
      ? null
      : { rows: postings.rows, weights: postings.weights, start: 0, end: postings.count };
  }

  termIds(): Uint32Array {
    return Uint32Array.from(this.#postings.keys()).sort();
  }

  terms(row: number): RowTerms | null {
    return this.#coldOf(row).terms;
  }

  hasTokens(row: number): boolean {
    return this.#coldOf(row).hasTokens;
  }

  idBytes(row: number): Uint8Array {
    return Buffer.from(this.#coldOf(row).id, 'utf8');
  }

  idHash(row: number): bigint {
    return this.#idHashes[row]!;
  }

  contentHash(row: number): bigint {
    return this.#contentHashes[row]!;
  }

  origin(row: number): PassageOrigin {
    const { start, end, home } = this.#coldOf(row);
    return { start, end, home };
  }

  elsewhere(row: number): number {
    return this.#coldOf(row).elsewhere;
  }

  titleBytes(row: number): Uint8Array | null {
    const { title } = this.#coldOf(row);
    return title === null ? null : Buffer.from(title, 'utf8');
  }

  textBytes(row: number): Uint8Array {
    return Buffer.from(this.#coldOf(row).text, 'utf8');
  }

  document(row: number): IndexDocument {
    const { id, title, text, terms, hasTokens, start, end, home } = this.#coldOf(row);
    const present = this.#denseCount > 0 && (this.#densePresent[row >>> 3]! & (1 << (row & 7))) !== 0;
    const offset = Number(this.#tokenOffsets[row]!);
    const codec = this.#versions[this.#tokenCodecs[row]!] ?? '';
    const count = this.#tokenCounts[row]!;
    const length = this.#tokenLengths[row]!;
    return {
      docId: this.docIds[row]!,
      passage: this.#passages?.[row] ?? 0,
      start,
      end,
      contentHash: this.#contentHashes[row]!,
      id,
      title,
      text,
      attributes: rowAttributes(this.attributes, row),
      list: this.lists[row]!,
      home,
      dense: present ? toFloat32(this.#dense.subarray(row * this.dim, (row + 1) * this.dim)) : null,
      terms: terms === null ? null : { termIds: terms.termIds.slice(), weights: toFloat32(terms.weights) },
      tokens: hasTokens ? { count, rows: this.#tokenBytes.slice(offset, offset + length), codec } : null,
    };
  }

  #coldOf(row: number): ColdFields {
    const cold = this.#cold[row];
    assert(cold !== undefined, 'the row is in the segment');
    return cold;
  }

  /** Room for twice as many rows in every column that has a place for each. */
  #makeRoom(): void {
    this.#room = Math.max(roomMin, 2 * this.#room);
    this.docIds = grown(this.docIds, this.#room);
    this.#idHashes = grown(this.#idHashes, this.#room);
    this.#contentHashes = grown(this.#contentHashes, this.#room);
    this.lists = grown(this.lists, this.#room);
    this.#dense = grown(this.#dense, this.#room * this.dim);
    this.#densePresent = grown(this.#densePresent, bitmapBytes(this.#room));
    this.#tokenOffsets = grown(this.#tokenOffsets, this.#room);
    this.#tokenCounts = grown(this.#tokenCounts, this.#room);
    this.#tokenCodecs = grown(this.#tokenCodecs, this.#room);
    this.#tokenLengths = grown(this.#tokenLengths, this.#room);
    if (this.#codes === null) return;
    this.#codes.makeRoom(this.#room);
    this.#rowKeys = grown(this.#rowKeys, this.#room);
  }

  #addKeys(row: number, { docId, passage, contentHash, list }: IndexDocument, idHash: bigint): void {
    if (row > 0 && this.#isOrdered) {
      const last = this.docIds[row - 1]!;
      this.#isOrdered = last < docId || (last === docId && (this.#passages?.[row - 1] ?? 0) < passage);
    }
    this.docIds[row] = docId;
    this.#idHashes[row] = idHash;
    this.#contentHashes[row] = contentHash;
    this.lists[row] = list;
    if (passage > 0 || this.#passages !== null) {
      this.#passages = grown(this.#passages ?? new Uint32Array(0), row + 1);
      this.#passages[row] = passage;
    }
    if (passage > 0) this.#furtherCount += 1;
    this.#rowsByDocId.added(this.docIds, row, this.#isOrdered);
  }

  #addRowKey(row: number, { docId, passage }: IndexDocument): void {
    const key = rowKeyOf(docId, passage);
    if (key === null) this.#areKeyed = false;
    else this.#rowKeys[row] = key;
  }

  #addDense(row: number, dense: Float32Array | null): void {
    if (dense === null) return;
    assert(dense.length === this.dim, 'a dense vector has the collection’s dim');
    toFloat16(dense, this.#dense.subarray(row * this.dim, (row + 1) * this.dim));
    setBit(this.#densePresent, row);
    this.#denseCount += 1;
    this.#bytes += 2 * this.dim;
  }

  #addTokens(row: number, { tokens }: IndexDocument): void {
    const length = tokens?.rows.length ?? 0;
    const padding = (4 - (length & 3)) & 3;
    this.#tokenBytes = grown(this.#tokenBytes, this.#tokenBytesUsed + length + padding);
    this.#tokenOffsets[row] = BigInt(this.#tokenBytesUsed);
    this.#tokenLengths[row] = length;
    if (tokens === null) return;
    this.#tokenBytes.set(tokens.rows, this.#tokenBytesUsed);
    this.#tokenCounts[row] = tokens.count;
    this.#tokenCodecs[row] = versionNumber(this.#versions, tokens.codec);
    this.#tokenBytesUsed += length + padding;
    this.#bytes += length;
  }

  #addTerms(row: number, { terms }: IndexDocument): RowTerms | null {
    if (terms === null) return null;
    const weights = toFloat16(terms.weights);
    for (let at = 0; at < terms.termIds.length; at += 1) {
      const termId = terms.termIds[at]!;
      let postings = this.#postings.get(termId);
      if (postings === undefined) {
        postings = { rows: new Uint32Array(2), weights: new Uint16Array(2), count: 0 };
        this.#postings.set(termId, postings);
      }
      postings.rows = grownPostings(postings.rows, postings.count + 1);
      postings.weights = grownPostings(postings.weights, postings.count + 1);
      postings.rows[postings.count] = row;
      postings.weights[postings.count] = weights[at]!;
      postings.count += 1;
    }
    this.#bytes += 12 * weights.length;
    return { termIds: terms.termIds.slice(), weights };
  }
}

/** The number of `version` in `versions`, appended when new. */
export function versionNumber(versions: string[], version: string): number {
  const known = versions.indexOf(version);
  if (known >= 0) return known;
  assert(versions.length < 255, 'a segment holds at most 255 codec versions');
  return versions.push(version) - 1;
}

/** Bytes that a row's attributes take in memory, about. */
function attributeBytes(attributes: IndexDocument['attributes']): number {
  let bytes = 0;
  for (const name in attributes) {
    const value = attributes[name]!;
    const scalars = Array.isArray(value) ? (value as readonly AttributeScalar[]) : [value as AttributeScalar];
    for (const scalar of scalars) bytes += 64 + (typeof scalar === 'string' ? scalar.length : 0);
  }
  return bytes;
}

/** Most terms are rare: postings grow from two entries, where other columns start at 64. */
function grownPostings<T extends Uint16Array | Uint32Array>(column: T, needed: number): T {
  if (needed <= column.length) return column;
  const larger = new (column.constructor as new (length: number) => T)(column.length * 2);
  larger.set(column);
  return larger;
}
