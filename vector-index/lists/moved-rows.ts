/**
 * The rows of a segment whose lists were split since it was written, in the lists that they belong to now. Their codes stay what they are: a
 * part of a list is coded as the list was.
 *
 * Found once for each segment, by whoever needs it first: a search, so that it answers as if the segment had been rewritten already, or
 * maintenance, which rewrites it.
 */
import { codeBytes, recordBytes, type CodedVectors } from '../../kernels/codes.js';
import { RowsByList, type ListRows } from '../segment/rows-by-list.js';
import { hasDense, type SegmentReader } from '../segment/segment-reader.js';
import { scatterCodes, scatterRecords } from './coded-rows.js';
import type { ListCoder } from './list-coder.js';
import { newHomes, pointsOf, type RecodedRows } from './recode-segment.js';
import type { RowCoding } from './row-coding.js';
import { SealedLists } from './sealed-lists.js';

/** Rows that are read and assigned in one go: some tenths of a millisecond. */
const rowsPerTurn = 256;

/** Rows looked at in one go. */
const looksPerTurn = 16_384;

/** Lets others go first. */
type Pause = () => Promise<void>;

export class MovedRows {
  readonly #coder: ListCoder;
  readonly #found = new WeakMap<SegmentReader, Uint32Array>();
  readonly #byList = new WeakMap<SegmentReader, RowsByList>();
  readonly #touched = new WeakMap<SegmentReader, boolean>();
  readonly #finding = new WeakMap<SegmentReader, Promise<Uint32Array>>();

  constructor(coder: ListCoder) {
    this.#coder = coder;
  }

  /** Whether the rows of `reader` are in the coder's lists and coded as it does: those of its structure, or of lists that were not split since. */
  isCurrent(reader: SegmentReader): boolean {
    const version = reader.coding?.structureVersion;
    return version === this.#coder.structureVersion || (this.isDescended(reader) && !this.#isTouched(reader));
  }

  /** Whether the rows of `reader` are coded as the coder's are, and some are in lists that have been split since. */
  isOlder(reader: SegmentReader): boolean {
    return this.isDescended(reader) && this.#isTouched(reader);
  }

  /** Whether the rows of `reader` are coded as the coder's are, under a structure of which this one came by splits. */
  isDescended({ coding }: SegmentReader): boolean {
    const { structureVersion } = this.#coder;
    if (coding === null || coding.structureVersion === structureVersion) return false;
    return this.#coder.listsAt(coding.structureVersion) !== null;
  }

  /** uint32[rows]: the lists of all rows, where `find` has found them; else null. */
  known(reader: SegmentReader): Uint32Array | null {
    return this.#found.get(reader) ?? null;
  }

  /** The rows of `reader` by these lists; null where they are not known. */
  byList(reader: SegmentReader): ListRows | null {
    const lists = this.known(reader);
    if (lists === null) return null;
    const known = this.#byList.get(reader) ?? new RowsByList(lists, lists.length);
    this.#byList.set(reader, known);
    return known;
  }

  /** uint32[rows]: the lists of all rows of `reader`, which is descended and takes no more rows. It must stay open until the promise settles. */
  find(reader: SegmentReader, pause: Pause): Promise<Uint32Array> {
    const known = this.#finding.get(reader);
    if (known !== undefined) return known;
    const finding = this.#find(reader, pause);
    this.#finding.set(reader, finding);
    // Who reads a damaged block hears of it; the next one tries again.
    finding.catch(() => this.#finding.delete(reader));
    return finding;
  }

  /** The rows as they go into a segment of the coder's structure. */
  async take(reader: SegmentReader, rowCount: number, pause: Pause): Promise<RecodedRows> {
    const lists = await this.find(reader, pause);
    const coding = new MovedCodes(reader, this.#coder);
    return { lists, homes: newHomes(reader, rowCount, lists), coding };
  }

  /** Whether `reader`, which is descended, has rows in lists that were split since; of one in memory, which is soon written, that is said. */
  #isTouched(reader: SegmentReader): boolean {
    const known = this.#touched.get(reader);
    if (known !== undefined) return known;
    const { coding } = reader;
    const splits = this.#coder.splits!;
    const before = this.#coder.listsAt(coding!.structureVersion)!;
    const isTouched =
      !(coding instanceof SealedLists) || coding.numbers.some((list) => splits.isSplitSince(list, before));
    this.#touched.set(reader, isTouched);
    return isTouched;
  }

  async #find(reader: SegmentReader, pause: Pause): Promise<Uint32Array> {
    const splits = this.#coder.splits!;
    const lists = reader.lists.slice(0, reader.rowCount);
    const moving = await this.#moving(reader, lists, pause);
    for (let from = 0; from < moving.length; from += rowsPerTurn) {
      const rows = moving.subarray(from, from + rowsPerTurn);
      await reader.checks?.vectors(rows);
      const moved = splits.assignAgain(
        pointsOf(reader, rows),
        rows.map((row) => lists[row]!),
      );
      rows.forEach((row, i) => (lists[row] = moved[i]!));
      await pause();
    }
    this.#found.set(reader, lists);
    return lists;
  }

  /** uint32: the rows with a vector, of those of `reader` in `lists`, whose list was split since. */
  async #moving(reader: SegmentReader, lists: Uint32Array, pause: Pause): Promise<Uint32Array> {
    const before = this.#coder.listsAt(reader.coding!.structureVersion)!;
    const splits = this.#coder.splits!;
    const isSplit = Uint8Array.from({ length: before }, (_, list) => (splits.isSplitSince(list, before) ? 1 : 0));
    const rows = new Uint32Array(lists.length);
    let count = 0;
    let looked = 0;
    for (const [first, end] of rangesOf(reader, isSplit)) {
      for (let row = first; row < end; row += 1) {
        if (looked % looksPerTurn === looksPerTurn - 1) await pause();
        looked += 1;
        if (isSplit[lists[row]!] !== 1 || !hasDense(reader, row)) continue;
        rows[count] = row;
        count += 1;
      }
    }
    return rows.subarray(0, count);
  }
}

/** First row and end of ranges that have all rows of the lists whose byte in `wanted` is 1; only these where they lie list by list. */
function rangesOf({ coding, rowCount }: SegmentReader, wanted: Uint8Array): (readonly [number, number])[] {
  if (!(coding instanceof SealedLists)) return [[0, rowCount]];
  const { numbers, firsts, counts } = coding;
  const ranges: (readonly [number, number])[] = [];
  for (let at = 0; at < numbers.length; at += 1)
    if (wanted[numbers[at]!] === 1) ranges.push([firsts[at]!, firsts[at]! + counts[at]!]);
  return ranges;
}

/** The codes of a segment's rows, under another structure's version. Where vectors lie in two lists, none is split. */
class MovedCodes implements RowCoding {
  readonly hasCopies = false;
  readonly copies = null;
  readonly structureVersion: number;
  readonly subquantizers: number;
  readonly dsub: number;
  readonly secondKind: number;
  readonly #reader: SegmentReader;
  /** uint32[rows]: of the segment as it is. */
  readonly #lists: Uint32Array;

  constructor(reader: SegmentReader, { structureVersion, subquantizers, dsub, secondKind }: ListCoder) {
    this.structureVersion = structureVersion;
    this.subquantizers = subquantizers;
    this.dsub = dsub;
    this.secondKind = secondKind;
    this.#reader = reader;
    this.#lists = reader.lists;
  }

  read(_list: number, rows: Uint32Array, into: CodedVectors): void {
    const bytes = codeBytes(this.subquantizers);
    for (const [list, positions] of this.#byOwnList(rows)) {
      const count = positions.length;
      const own = { codes: new Uint8Array(count * bytes), factors: new Int16Array(2 * count) };
      this.#reader.coding!.read(
        list,
        Uint32Array.from(positions, (at) => rows[at]!),
        own,
      );
      scatterCodes(own, positions, bytes, into);
    }
  }

  readSecond(_list: number, rows: Uint32Array): Uint8Array {
    const bytes = recordBytes(this.subquantizers * this.dsub, this.secondKind);
    const records = new Uint8Array(rows.length * bytes);
    for (const [list, positions] of this.#byOwnList(rows)) {
      const own = this.#reader.coding!.readSecond(
        list,
        Uint32Array.from(positions, (at) => rows[at]!),
      );
      scatterRecords(own, positions, bytes, records);
    }
    return records;
  }

  /** Positions in `rows` by the list that each lies in in the segment. */
  #byOwnList(rows: Uint32Array): ReadonlyMap<number, readonly number[]> {
    const found = new Map<number, number[]>();
    rows.forEach((row, at) => {
      const list = this.#lists[row]!;
      const own = found.get(list);
      if (own === undefined) found.set(list, [at]);
      else own.push(at);
    });
    return found;
  }
}
