/**
 * A sealed segment: its file, mapped, with columns as views into the map.
 *
 * What is checked when: header, directory, footer and all columns that answer by themselves (ids, offsets, dictionaries, attributes)
 * when the file is opened; what is read of the large columns before it is read, block by block: by this class what it gives row by row
 * (documents, texts, terms), by `checks` what kernels read (vectors, codes, postings, tokens). The rest follows step by step by
 * `verifyNext`, which the owner calls in the background until it answers false. A merge checks all again before it copies.
 */
import { assert } from '../../base/assert.js';
import type { ShoalError } from '../../base/errors.js';
import { firstSecondKind, isSecondKind, secondBitsMax } from '../../kernels/codes.js';
import { toFloat32, type MappedFile } from '../../kernels/kernels.js';
import { bitmapBytes, setBit } from '../bitmap.js';
import type { IndexDocument } from '../document.js';
import { FilterCache } from '../filter/filter-cache.js';
import type { Files } from '../files.js';
import { rowAttributes } from './attribute-columns.js';
import { readAttributes } from './attribute-reader.js';
import type { CodeShape } from '../lists/row-coding.js';
import { copyColumns } from '../lists/sealed-copies.js';
import { listColumns, SealedLists } from '../lists/sealed-lists.js';
import { ColumnFile } from './column-file.js';
import { RowsByList, type ListRows } from './rows-by-list.js';
import { rowKeysOf } from './key-order.js';
import {
  IdColumns,
  keyOrderOf,
  numbersOf,
  textColumns,
  tokenColumns,
  utf8,
  type TextColumns,
} from './sealed-columns.js';
import { damaged, rowFlags, segmentFormats, torn, type SegmentLayout } from './segment-layout.js';
import { SealedChecks } from './segment-checks.js';
import type {
  AttributeColumn,
  IdKey,
  PassageOrigin,
  Postings,
  RowNumbers,
  RowSequence,
  RowTerms,
  SegmentChecks,
  SegmentReader,
  TokenColumns,
} from './segment-reader.js';
import { TermColumns } from './term-columns.js';

/** Columns that are too large to check when the file is opened, or that few answers need: checked where they are read. */
const lazyColumns: ReadonlySet<string> = new Set([
  'contentHash',
  'dense',
  'token',
  'text',
  'postRow',
  'postWeight',
  'rowTerm',
  'rowTermWeight',
  listColumns.codes,
  listColumns.second,
  copyColumns.codes,
]);

export class SealedSegment implements SegmentReader {
  readonly rowCount: number;
  readonly dim: number;
  readonly bytes: number;
  readonly isOrdered: boolean;
  readonly isByList: boolean;
  readonly keyOrder: RowSequence | null;
  readonly coding: SealedLists | null;
  readonly docIds: BigUint64Array;
  readonly passages: Uint32Array | null;
  readonly primaryCount: number;
  readonly dense: Uint16Array | null;
  readonly densePresent: Uint8Array | null;
  readonly tokens: TokenColumns;
  readonly attributes: readonly AttributeColumn[];
  readonly filters = new FilterCache();
  readonly #path: string;
  readonly #map: MappedFile;
  readonly #file: ColumnFile;
  readonly #checks: SealedChecks;
  readonly #flags: RowNumbers;
  /** docIds as pairs of 32-bit words: comparing these allocates no BigInt. */
  readonly #docIdWords: Uint32Array;
  readonly #ids: IdColumns;
  readonly #terms: TermColumns;
  readonly #texts: TextColumns;
  /** uint64[rows]; null where no hash is known. */
  readonly #contentHashes: BigUint64Array | null;
  /** The list of each row; null where the lists of the codes say it. */
  readonly #lists: RowNumbers | null;
  /** uint32[rows, 2]: begin and end of each passage; null where all are 0. */
  readonly #spans: Uint32Array | null;
  /** Null where each row's own list is its home. */
  readonly #homes: Uint32Array | null;
  readonly #elsewhere: Uint32Array | null;
  #rowsByList: RowsByList | null = null;
  #rowKeys: BigUint64Array | null | undefined;

  private constructor(map: MappedFile, file: ColumnFile, path: string) {
    const { layout } = file;
    this.#path = path;
    this.#map = map;
    this.#file = file;
    this.#checks = new SealedChecks(file, this);
    this.rowCount = layout.rows;
    this.dim = layout.dim;
    this.bytes = map.bytes.length;
    this.docIds = file.u64('docId');
    this.keyOrder = keyOrderOf(file);
    this.isOrdered = this.keyOrder === null;
    this.coding = layout.codes === undefined ? null : new SealedLists(file, path, shapeOf(layout, layout.codes, path));
    this.isByList = this.coding !== null;
    this.passages = file.has('passage') ? file.u32('passage') : null;
    this.primaryCount = this.passages === null ? layout.rows : zeros(this.passages);
    this.#contentHashes = file.has('contentHash') ? file.u64('contentHash') : null;
    this.#lists = file.has('list') ? numbersOf(file, 'list', 4) : null;
    this.#spans = file.has('span') ? file.u32('span') : null;
    this.#homes = file.has('home') ? file.u32('home') : null;
    this.#elsewhere = file.has('elsewhere') ? file.u32('elsewhere') : null;
    this.#docIdWords = file.u32('docId');
    this.#ids = new IdColumns(file);
    this.#flags = numbersOf(file, 'flags', 1);
    this.dense = file.has('dense') ? file.u16('dense') : null;
    this.densePresent = presenceBitmap(this.#flags, layout.rows, rowFlags.dense);
    this.tokens = tokenColumns(file);
    this.#terms = new TermColumns(file);
    this.#texts = textColumns(file);
    this.attributes = readAttributes(file);
  }

  /**
   * Maps `path` and checks it as said above. Close it when no reader is left.
   * DATA_LOSS when a checked part is damaged; FAILED_PRECONDITION when a newer Shoal wrote it.
   */
  static open(files: Files, path: string): SealedSegment {
    const map = files.map(path);
    try {
      const file = new ColumnFile(path, map.bytes);
      for (const { name } of file.layout.columns) if (!lazyColumns.has(name)) file.verifyColumn(name);
      const opened = new SealedSegment(map, file, path);
      if (opened.damage !== null) throw opened.damage;
      return opened;
    } catch (error) {
      map.close();
      throw error;
    }
  }

  get checks(): SegmentChecks | null {
    return this.#file.isChecked ? null : this.#checks;
  }

  get damage(): ShoalError | null {
    return this.#map.isTorn ? torn(this.#path) : null;
  }

  /** Checks up to `blocks` blocks that were not checked yet; false when none is left. DATA_LOSS names the damaged block. */
  verifyNext(blocks: number): Promise<boolean> {
    return this.#file.checkNext(blocks);
  }

  /** Checks every block, whether that was done before or not, and keeps none in memory. DATA_LOSS names the damaged block. */
  verifyAgain(pause: () => Promise<void>): Promise<void> {
    return this.#file.checkAgain(() => {
      this.unload();
      return pause();
    });
  }

  unload(): void {
    this.#map.advise('unneeded');
  }

  /** Unmaps the file: every column that was handed out is gone. */
  close(): void {
    this.#map.close();
  }

  rowOf(docId: bigint, passage: number): number {
    return this.rowsOf(docId).find((row) => (this.passages?.[row] ?? 0) === passage) ?? -1;
  }

  rowsOf(docId: bigint): readonly number[] {
    const rows: number[] = [];
    for (let at = this.#firstOf(docId); at >= 0 && at < this.rowCount; at += 1) {
      const row = this.#rowAt(at);
      if (this.docIds[row] !== docId) break;
      rows.push(row);
    }
    return rows;
  }

  get rowKeys(): BigUint64Array | null {
    if (this.#rowKeys === undefined) this.#rowKeys = this.coding === null ? null : rowKeysOf(this);
    return this.#rowKeys;
  }

  /** Made anew for every call where the codes say which row is in which list. */
  get lists(): Uint32Array {
    const lists = new Uint32Array(this.rowCount);
    if (this.#lists === null) this.coding?.fillLists(lists);
    else for (let row = 0; row < lists.length; row += 1) lists[row] = this.#lists.at(row);
    return lists;
  }

  idHash(row: number): bigint {
    return this.#ids.hash(row);
  }

  contentHash(row: number): bigint {
    if (this.#contentHashes === null) return 0n;
    this.#file.verifyRange('contentHash', 8 * row, 8 * row + 8);
    return this.#contentHashes[row]!;
  }

  rowsByList(): ListRows {
    return this.coding ?? (this.#rowsByList ??= new RowsByList(this.lists, this.rowCount));
  }

  #listOf(row: number): number {
    return this.#lists === null ? this.coding!.listOf(row) : this.#lists.at(row);
  }

  /** The row that is number `at` in the order of keys. */
  #rowAt(at: number): number {
    return this.keyOrder === null ? at : this.keyOrder.at(at);
  }

  /** Where the rows of `docId` begin in the order of keys; -1 when it is not here. */
  #firstOf(docId: bigint): number {
    const low = Number(docId & 0xffffffffn);
    const high = Number(docId >> 32n);
    const words = this.#docIdWords;
    let from = 0;
    let to = this.rowCount;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const row = this.#rowAt(middle);
      const upper = words[2 * row + 1]!;
      if (upper < high || (upper === high && words[2 * row]! < low)) from = middle + 1;
      else to = middle;
    }
    if (from === this.rowCount) return -1;
    const row = this.#rowAt(from);
    return words[2 * row] === low && words[2 * row + 1] === high ? from : -1;
  }

  rowsOfId(key: IdKey): readonly number[] {
    return this.#ids.rowsOf(key);
  }

  postings(termId: number): Postings | null {
    return this.#terms.postings(termId);
  }

  termIds(): Uint32Array {
    return this.#terms.dictionary;
  }

  terms(row: number): RowTerms | null {
    return (this.#flags.at(row) & rowFlags.terms) === 0 ? null : this.#terms.termsOf(row);
  }

  hasTokens(row: number): boolean {
    return (this.#flags.at(row) & rowFlags.tokens) !== 0;
  }

  idBytes(row: number): Uint8Array {
    return this.#ids.bytes(row);
  }

  origin(row: number): PassageOrigin {
    const spans = this.#spans;
    return {
      start: spans?.[2 * row] ?? 0,
      end: spans?.[2 * row + 1] ?? 0,
      home: this.#homes?.[row] ?? this.#listOf(row),
    };
  }

  elsewhere(row: number): number {
    return this.#elsewhere?.[row] ?? 0;
  }

  titleBytes(row: number): Uint8Array | null {
    if ((this.#flags.at(row) & rowFlags.title) === 0) return null;
    return this.#checkedText(row).subarray(0, this.#texts.titles.at(row));
  }

  textBytes(row: number): Uint8Array {
    return this.#checkedText(row).subarray(this.#texts.titles.at(row));
  }

  /** Title and text. */
  #checkedText(row: number): Uint8Array {
    const { bytes, ranges } = this.#texts;
    const start = ranges.start(row);
    const end = start + ranges.length(row);
    this.#file.verifyRange('text', start, end);
    return bytes.subarray(start, end);
  }

  document(row: number): IndexDocument {
    assert(row < this.rowCount, 'the row is in the segment');
    const title = this.titleBytes(row);
    const { dim, dense } = this;
    const isDense = dense !== null && (this.#flags.at(row) & rowFlags.dense) !== 0;
    if (isDense) this.#file.verifyRange('dense', 2 * dim * row, 2 * dim * (row + 1));
    const terms = this.terms(row);
    return {
      docId: this.docIds[row]!,
      passage: this.passages?.[row] ?? 0,
      ...this.origin(row),
      contentHash: this.contentHash(row),
      id: utf8(this.idBytes(row)),
      title: title === null ? null : utf8(title),
      text: utf8(this.textBytes(row)),
      attributes: rowAttributes(this.attributes, row),
      list: this.#listOf(row),
      dense: isDense ? toFloat32(dense.subarray(row * dim, (row + 1) * dim)) : null,
      terms: terms === null ? null : { termIds: terms.termIds.slice(), weights: toFloat32(terms.weights) },
      tokens: this.hasTokens(row) ? this.#rowTokens(row) : null,
    };
  }

  #rowTokens(row: number): IndexDocument['tokens'] {
    const { bytes, ranges, counts, codecs, versions } = this.tokens;
    const start = ranges.start(row);
    const end = start + ranges.length(row);
    this.#file.verifyRange('token', start, end);
    return {
      count: counts.at(row),
      rows: bytes.slice(start, end),
      codec: versions[codecs.at(row)] ?? '',
    };
  }
}

/** The rows that have `flag` as a bitmap; null when all have it. */
function presenceBitmap(flags: RowNumbers, rows: number, flag: number): Uint8Array | null {
  const bits = new Uint8Array(bitmapBytes(rows));
  let isFull = true;
  for (let row = 0; row < rows; row += 1) {
    if ((flags.at(row) & flag) === 0) isFull = false;
    else setBit(bits, row);
  }
  return isFull ? null : bits;
}

function zeros(column: Uint32Array): number {
  let count = 0;
  for (const value of column) if (value === 0) count += 1;
  return count;
}

function shapeOf({ version }: SegmentLayout, codes: NonNullable<SegmentLayout['codes']>, path: string): CodeShape {
  const { structureVersion, subquantizers, dsub } = codes;
  const isTold = version >= segmentFormats.widths;
  const secondKind = isTold
    ? version === segmentFormats.widths
      ? codes.secondBits
      : codes.secondKind
    : firstSecondKind;
  const isKind = secondKind !== undefined && isSecondKind(secondKind);
  if (!isKind || secondKind > secondBitsMax !== (version === segmentFormats.kinds)) throw damaged(path, 'directory');
  const hasCopies = isTold ? codes.hasCopies === true : version === segmentFormats.copied;
  return { structureVersion, subquantizers, dsub, secondKind, hasCopies };
}
