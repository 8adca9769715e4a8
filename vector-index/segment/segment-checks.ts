/**
 * What a search is about to read of a segment file is compared with its checksums first, where that was not done since the file was opened.
 *
 * Only the blocks that hold it, each once: the large columns are many, and a search reads few of their blocks. What is read row by row on
 * the event loop (documents, terms) is checked where it is read.
 */
import { listBytes, recordBytes } from '../../kernels/codes.js';
import { copyColumns } from '../lists/sealed-copies.js';
import type { ListPlace } from '../lists/list-blocks.js';
import { listColumns, type SealedLists } from '../lists/sealed-lists.js';
import type { ColumnFile } from './column-file.js';
import type { Postings, RowRanges, SegmentChecks } from './segment-reader.js';

/** Parts of a segment that say where things lie. */
export interface CheckedSegment {
  readonly dim: number;
  readonly coding: SealedLists | null;
  readonly tokens: { readonly ranges: RowRanges };
  postings(termId: number): Postings | null;
}

export class SealedChecks implements SegmentChecks {
  readonly #file: ColumnFile;
  readonly #segment: CheckedSegment;

  /** Of `segment`, whose columns are those of `file`. */
  constructor(file: ColumnFile, segment: CheckedSegment) {
    this.#file = file;
    this.#segment = segment;
  }

  codes(lists: Uint32Array, signal?: AbortSignal): Promise<void> {
    const blocks = new Set<number>();
    const { coding } = this.#segment;
    if (coding === null) return Promise.resolve();
    const record = recordBytes(coding.subquantizers * coding.dsub, coding.secondKind);
    let hasCopies = false;
    for (const list of lists) {
      const own = coding.place(list);
      if (own !== null) {
        this.#file.addUnchecked(blocks, listColumns.second, own.first * record, (own.first + own.count) * record);
        this.#addCodes(blocks, listColumns.codes, own);
      }
      const copies = coding.copies?.place(list) ?? null;
      if (copies === null) continue;
      this.#addCodes(blocks, copyColumns.codes, copies);
      hasCopies = true;
    }
    // A row that its second list led to is scored by what lies in its first, which may be any.
    if (hasCopies) for (const name of [listColumns.codes, listColumns.second]) this.#file.addUnchecked(blocks, name);
    return this.#file.check(blocks, signal);
  }

  #addCodes(blocks: Set<number>, name: string, { offset, count }: ListPlace): void {
    const bytes = listBytes(this.#segment.coding!.subquantizers, count);
    this.#file.addUnchecked(blocks, name, offset, offset + bytes);
  }

  vectors(rows: Iterable<number> | null, signal?: AbortSignal): Promise<void> {
    const blocks = new Set<number>();
    const bytes = 2 * this.#segment.dim;
    if (rows === null) this.#file.addUnchecked(blocks, 'dense');
    else for (const row of rows) this.#file.addUnchecked(blocks, 'dense', row * bytes, (row + 1) * bytes);
    return this.#file.check(blocks, signal);
  }

  tokens(rows: Iterable<number>, signal?: AbortSignal): Promise<void> {
    const blocks = new Set<number>();
    const { ranges } = this.#segment.tokens;
    for (const row of rows) {
      const start = ranges.start(row);
      this.#file.addUnchecked(blocks, 'token', start, start + ranges.length(row));
    }
    return this.#file.check(blocks, signal);
  }

  postings(termIds: Uint32Array, signal?: AbortSignal): Promise<void> {
    const blocks = new Set<number>();
    for (const termId of termIds) {
      const found = this.#segment.postings(termId);
      if (found === null) continue;
      this.#file.addUnchecked(blocks, 'postRow', 4 * found.start, 4 * found.end);
      this.#file.addUnchecked(blocks, 'postWeight', 2 * found.start, 2 * found.end);
    }
    return this.#file.check(blocks, signal);
  }
}
