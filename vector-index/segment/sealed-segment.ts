/**
 * A sealed segment: its file, mapped, with columns as views into the map.
 *
 * What is checked when: header, directory, footer and all columns that answer by themselves (ids, offsets, dictionaries, attributes)
 * when the file is opened; the text of a document when it is read; the large columns that kernels scan (`dense`, `token`, postings)
 * step by step by `verifyNext`, which the owner calls in the background until it answers false, and before a merge reads them.
 */
import { assert } from '../../base/assert.js';
import { toFloat32, type MappedFile } from '../../kernels/kernels.js';
import { bitmapBytes, setBit } from '../bitmap.js';
import type { IndexDocument } from '../document.js';
import { FilterCache } from '../filter/filter-cache.js';
import type { Files } from '../files.js';
import { rowAttributes } from './attribute-columns.js';
import { readAttributes } from './attribute-reader.js';
import { listColumns, SealedLists } from '../lists/sealed-lists.js';
import { ColumnFile } from './column-file.js';
import { RowsByList } from './rows-by-list.js';
import { rowFlags } from './segment-layout.js';
import type {
  AttributeColumn,
  IdKey,
  PassageOrigin,
  Postings,
  RowTerms,
  SegmentReader,
  TokenColumns,
} from './segment-reader.js';
import { TermColumns } from './term-columns.js';

/** Columns that are too large to check before the first answer. */
const lazyColumns: ReadonlySet<string> = new Set([
  'dense',
  'token',
  'text',
  'postRow',
  'postWeight',
  'rowTerm',
  'rowTermWeight',
  listColumns.codes,
  listColumns.second,
]);

export class SealedSegment implements SegmentReader {
  readonly rowCount: number;
  readonly dim: number;
  readonly bytes: number;
  readonly isOrdered: boolean;
  readonly isByList: boolean;
  readonly keyOrder: Uint32Array | null;
  readonly coding: SealedLists | null;
  readonly docIds: BigUint64Array;
  readonly idHashes: BigUint64Array;
  readonly contentHashes: BigUint64Array;
  readonly lists: Uint32Array;
  readonly passages: Uint32Array | null;
  readonly primaryCount: number;
  readonly dense: Uint16Array | null;
  readonly densePresent: Uint8Array | null;
  readonly tokens: TokenColumns;
  readonly attributes: readonly AttributeColumn[];
  readonly filters = new FilterCache();
  readonly #map: MappedFile;
  readonly #file: ColumnFile;
  readonly #flags: Uint8Array;
  /** docIds and hashes as pairs of 32-bit words: comparing these allocates no BigInt. */
  readonly #docIdWords: Uint32Array;
  readonly #hashWords: Uint32Array;
  readonly #idOrder: Uint32Array;
  readonly #idStart: Uint32Array;
  readonly #id: Uint8Array;
  readonly #terms: TermColumns;
  readonly #textStart: BigUint64Array;
  readonly #titleLength: Uint32Array;
  readonly #text: Uint8Array;
  /** uint32[rows, 2]: begin and end of each passage; null where all are 0. */
  readonly #spans: Uint32Array | null;
  readonly #homes: Uint32Array;
  readonly #elsewhere: Uint32Array | null;
  #rowsByList: RowsByList | null = null;
  #keyRanks: BigUint64Array | null = null;

  private constructor(map: MappedFile, file: ColumnFile, path: string) {
    const { layout } = file;
    this.#map = map;
    this.#file = file;
    this.rowCount = layout.rows;
    this.dim = layout.dim;
    this.bytes = map.bytes.length;
    this.docIds = file.u64('docId');
    this.idHashes = file.u64('idHash');
    this.contentHashes = file.has('contentHash') ? file.u64('contentHash') : new BigUint64Array(layout.rows);
    this.lists = file.u32('list');
    this.keyOrder = file.has('keyOrder') ? file.u32('keyOrder') : null;
    this.isOrdered = this.keyOrder === null;
    this.coding = layout.codes === undefined ? null : new SealedLists(file, path, layout.codes);
    this.isByList = this.coding !== null;
    this.passages = file.has('passage') ? file.u32('passage') : null;
    this.primaryCount = this.passages === null ? layout.rows : zeros(this.passages);
    this.#spans = file.has('span') ? file.u32('span') : null;
    this.#homes = file.has('home') ? file.u32('home') : this.lists;
    this.#elsewhere = file.has('elsewhere') ? file.u32('elsewhere') : null;
    this.#docIdWords = file.u32('docId');
    this.#hashWords = file.u32('idHash');
    this.#idOrder = file.u32('idOrder');
    this.#idStart = file.u32('idStart');
    this.#id = file.u8('id');
    this.#flags = file.u8('flags');
    this.dense = file.has('dense') ? file.u16('dense') : null;
    this.densePresent = presenceBitmap(this.#flags, rowFlags.dense);
    this.tokens = tokenColumns(file, layout.rows);
    this.#terms = new TermColumns(file);
    this.#textStart = file.u64('textStart');
    this.#titleLength = file.u32('titleLength');
    this.#text = file.u8('text');
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
      return new SealedSegment(map, file, path);
    } catch (error) {
      map.close();
      throw error;
    }
  }

  /** Checks up to `blocks` blocks that were not checked yet; false when none is left. DATA_LOSS names the damaged block. */
  verifyNext(blocks: number): boolean {
    return this.#file.verifyNext(blocks);
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

  /** uint64[rows]: numbers that order the rows by docId and passage; null where the row numbers do. */
  get keyRanks(): BigUint64Array | null {
    const { keyOrder } = this;
    if (keyOrder === null) return null;
    if (this.passages === null) return this.docIds;
    if (this.#keyRanks === null) {
      this.#keyRanks = new BigUint64Array(this.rowCount);
      for (let at = 0; at < this.rowCount; at += 1) this.#keyRanks[keyOrder[at]!] = BigInt(at);
    }
    return this.#keyRanks;
  }

  rowsByList(): RowsByList {
    return (this.#rowsByList ??= new RowsByList(this.lists, this.rowCount));
  }

  /** The row that is number `at` in the order of keys. */
  #rowAt(at: number): number {
    return this.keyOrder === null ? at : this.keyOrder[at]!;
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

  rowsOfId({ id, low, high }: IdKey): readonly number[] {
    const words = this.#hashWords;
    let from = 0;
    let to = this.rowCount;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (words[2 * this.#idOrder[middle]! + 1]! < high) from = middle + 1;
      else to = middle;
    }
    if (from === this.rowCount || words[2 * this.#idOrder[from]! + 1] !== high) return noRows;
    const rows: number[] = [];
    for (; from < this.rowCount && words[2 * this.#idOrder[from]! + 1] === high; from += 1) {
      const row = this.#idOrder[from]!;
      if (words[2 * row] === low && utf8(this.idBytes(row)) === id) rows.push(row);
    }
    return rows;
  }

  postings(termId: number): Postings | null {
    return this.#terms.postings(termId);
  }

  termIds(): Uint32Array {
    return this.#terms.dictionary;
  }

  terms(row: number): RowTerms | null {
    return (this.#flags[row]! & rowFlags.terms) === 0 ? null : this.#terms.termsOf(row);
  }

  hasTokens(row: number): boolean {
    return (this.#flags[row]! & rowFlags.tokens) !== 0;
  }

  idBytes(row: number): Uint8Array {
    return this.#id.subarray(this.#idStart[row]!, this.#idStart[row + 1]!);
  }

  origin(row: number): PassageOrigin {
    const spans = this.#spans;
    return { start: spans?.[2 * row] ?? 0, end: spans?.[2 * row + 1] ?? 0, home: this.#homes[row]! };
  }

  elsewhere(row: number): number {
    return this.#elsewhere?.[row] ?? 0;
  }

  titleBytes(row: number): Uint8Array | null {
    if ((this.#flags[row]! & rowFlags.title) === 0) return null;
    const start = Number(this.#textStart[row]!);
    return this.#text.subarray(start, start + this.#titleLength[row]!);
  }

  textBytes(row: number): Uint8Array {
    const start = Number(this.#textStart[row]!) + this.#titleLength[row]!;
    return this.#text.subarray(start, Number(this.#textStart[row + 1]!));
  }

  document(row: number): IndexDocument {
    assert(row < this.rowCount, 'the row is in the segment');
    this.#file.verifyRange('text', Number(this.#textStart[row]!), Number(this.#textStart[row + 1]!));
    const title = this.titleBytes(row);
    const { dim, dense } = this;
    const isDense = dense !== null && (this.#flags[row]! & rowFlags.dense) !== 0;
    const terms = this.terms(row);
    return {
      docId: this.docIds[row]!,
      passage: this.passages?.[row] ?? 0,
      ...this.origin(row),
      contentHash: this.contentHashes[row]!,
      id: utf8(this.idBytes(row)),
      title: title === null ? null : utf8(title),
      text: utf8(this.textBytes(row)),
      attributes: rowAttributes(this.attributes, row),
      list: this.lists[row]!,
      dense: isDense ? toFloat32(dense.subarray(row * dim, (row + 1) * dim)) : null,
      terms: terms === null ? null : { termIds: terms.termIds.slice(), weights: toFloat32(terms.weights) },
      tokens: this.hasTokens(row) ? this.#rowTokens(row) : null,
    };
  }

  #rowTokens(row: number): IndexDocument['tokens'] {
    const { bytes, offsets, lengths, counts, codecs, versions } = this.tokens;
    const start = Number(offsets[row]!);
    return {
      count: counts[row]!,
      rows: bytes.slice(start, start + lengths[row]!),
      codec: versions[codecs[row]!] ?? '',
    };
  }
}

const noRows: readonly number[] = [];

function tokenColumns(file: ColumnFile, rows: number): TokenColumns {
  const isPresent = file.has('tokenOffset');
  return {
    bytes: file.u8('token'),
    offsets: isPresent ? file.u64('tokenOffset') : new BigUint64Array(rows),
    lengths: isPresent ? file.u32('tokenLength') : new Uint32Array(rows),
    counts: isPresent ? file.u32('tokenCount') : new Uint32Array(rows),
    codecs: isPresent ? file.u8('tokenCodec') : new Uint8Array(rows),
    versions: file.layout.codecs,
  };
}

/** The rows that have `flag` as a bitmap; null when all have it. */
function presenceBitmap(flags: Uint8Array, flag: number): Uint8Array | null {
  const bits = new Uint8Array(bitmapBytes(flags.length));
  let isFull = true;
  for (let row = 0; row < flags.length; row += 1) {
    if ((flags[row]! & flag) === 0) isFull = false;
    else setBit(bits, row);
  }
  return isFull ? null : bits;
}

function zeros(column: Uint32Array): number {
  let count = 0;
  for (const value of column) if (value === 0) count += 1;
  return count;
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
