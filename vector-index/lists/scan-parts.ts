/**
 * Segments of coded rows as a search of lists scans them. Whether a row lies in the blocks of a sealed list or row by row in a growing
 * segment, its scores are the same in every bit (kernels/adc-scan/adc-scan.h, rows.h).
 */
import { scoreCodeRows } from '../../kernels/code-rows.js';
import {
  packList,
  scanLists,
  scanListsAsync,
  scoreSurvivors,
  type LookupTable,
  type SecondQuery,
} from '../../kernels/codes.js';
import { countBits, fullBitmap, setRows } from '../bitmap.js';
import type { PinnedSegment } from '../segment/segment-state.js';
import type { MutableCodes } from './mutable-codes.js';
import { nthLargest } from './nth-largest.js';
import type { SealedLists } from './sealed-lists.js';

/** Vectors that are scanned on the event loop: less than a tenth of a millisecond's work. */
const scanInline = 65_536;

/** A query as the scans of all segments use it. */
export interface ListsQuery {
  readonly table: LookupTable;
  readonly second: SecondQuery;
  /** float64[lists of the structure]: ⟨q, base⟩; NaN = not asked for. */
  readonly biases: Float64Array;
  readonly signal?: AbortSignal | undefined;
}

/** Rows of one segment with a score each. */
export interface ScoredRows {
  readonly rows: Uint32Array;
  readonly scores: Float64Array;
}

/** What of one segment a search looks at. */
export interface ScanPart {
  readonly segment: PinnedSegment;
  /** The rows to look at, uint32, when these are at most `most`; else null. */
  rowsUpTo(most: number): Uint32Array | null;
  /** At least the best `wanted` rows whose first score is not below `threshold`, ties by key, in any order. */
  scan(query: ListsQuery, wanted: number, threshold: number): Promise<ScoredRows>;
  /** float64[rows]: scores by both codes. */
  rescore(query: ListsQuery, rows: Uint32Array): Float64Array;
}

/** Bitmaps of a segment's rows; null = all. */
export interface RowBitmaps {
  readonly live: Uint8Array | null;
  readonly filter: Uint8Array | null;
}

/** The lists of a sealed segment. */
export class SealedPart implements ScanPart {
  readonly segment: PinnedSegment;
  readonly #lists: SealedLists;
  readonly #positions: Uint32Array;
  readonly #bitmaps: RowBitmaps;
  readonly #ids: BigUint64Array | null;

  /** `positions` are those of the lists asked for; `ids` orders equal scores, null = the row. */
  constructor(
    segment: PinnedSegment,
    lists: SealedLists,
    of: { readonly positions: Uint32Array; readonly bitmaps: RowBitmaps; readonly ids: BigUint64Array | null },
  ) {
    this.segment = segment;
    this.#lists = lists;
    this.#positions = of.positions;
    this.#bitmaps = of.bitmaps;
    this.#ids = of.ids;
  }

  rowsUpTo(most: number): Uint32Array | null {
    const { live, filter } = this.#bitmaps;
    if (live === null && filter === null && this.#rowCount > most) return null;
    const rows = new Uint32Array(Math.min(most, this.#rowCount));
    let count = 0;
    for (const at of this.#positions) {
      const end = this.#lists.firsts[at]! + this.#lists.counts[at]!;
      for (let row = this.#lists.firsts[at]!; row < end; row += 1) {
        const bits = (live?.[row >>> 3] ?? 0xff) & (filter?.[row >>> 3] ?? 0xff);
        // Most bytes of a selective filter are empty.
        if (bits === 0) row |= 7;
        else if ((bits & (1 << (row & 7))) !== 0) {
          if (count === most) return null;
          rows[count] = row;
          count += 1;
        }
      }
    }
    return rows.subarray(0, count);
  }

  async scan({ table, biases, signal }: ListsQuery, wanted: number, threshold: number): Promise<ScoredRows> {
    const own = this.#biases(biases);
    const lists = this.#lists.pick(this.#positions);
    const queries = [{ table, biases: own, wanted, threshold }];
    const scan = { lists, ...this.#bitmaps, ids: this.#ids, queries };
    if (lists.counts.length === 0) return { rows: new Uint32Array(0), scores: new Float64Array(0) };
    const found = this.#rowCount <= scanInline ? scanLists(scan) : await scanListsAsync(scan, signal);
    return { rows: found[0]!.positions, scores: found[0]!.scores };
  }

  rescore({ second, biases }: ListsQuery, rows: Uint32Array): Float64Array {
    const { firsts } = this.#lists;
    const lists = rows.map((row) => lastNotAbove(firsts, this.#positions, row));
    return scoreSurvivors(second, {
      lists: this.#lists.pick(this.#positions),
      biases: this.#biases(biases),
      records: this.#lists.records,
      survivors: { positions: rows, lists },
    });
  }

  #biases(biases: Float64Array): Float64Array {
    return Float64Array.from(this.#positions, (at) => biases[this.#lists.numbers[at]!] ?? NaN);
  }

  /** Rows of the lists, whatever the bitmaps say. */
  get #rowCount(): number {
    let count = 0;
    for (const at of this.#positions) count += this.#lists.counts[at]!;
    return count;
  }
}

/** The coded rows of a segment that grows, as of the pin. */
export class MutablePart implements ScanPart {
  readonly segment: PinnedSegment;
  readonly #codes: MutableCodes;
  readonly #rows: Uint32Array;
  readonly #pause: () => Promise<void>;

  /** `selected`: the rows that live, are selected and have a vector; null = all. */
  constructor(
    segment: PinnedSegment,
    codes: MutableCodes,
    of: { selected: Uint8Array | null; pause(): Promise<void> },
  ) {
    this.segment = segment;
    this.#codes = codes;
    const { selected } = of;
    const { rowCount } = segment;
    const bits = selected ?? fullBitmap(rowCount);
    this.#rows = setRows(bits, rowCount, countBits(bits, rowCount));
    this.#pause = () => of.pause();
  }

  rowsUpTo(most: number): Uint32Array | null {
    return this.#rows.length > most ? null : this.#rows;
  }

  async scan({ table, biases, signal }: ListsQuery, wanted: number, threshold: number): Promise<ScoredRows> {
    const { rowCount, reader } = this.segment;
    const { lists } = reader;
    const coded = this.#codes.first(rowCount);
    const scores = new Float64Array(this.#rows.length);
    for (let from = 0; from < this.#rows.length; from += rowsInline) {
      if (from > 0) await this.#pause();
      signal?.throwIfAborted();
      const rows = this.#rows.subarray(from, from + rowsInline);
      const sums = scoreCodeRows(table, coded, rows);
      for (let i = 0; i < rows.length; i += 1) scores[from + i] = sums[i]! * table.unit + biases[lists[rows[i]!]!]!;
    }
    return best(this.#rows, scores, Math.max(threshold, nthLargest(scores, wanted)));
  }

  rescore({ second, biases }: ListsQuery, rows: Uint32Array): Float64Array {
    const { lists } = this.segment.reader;
    const coding = this.#codes;
    // One block of all survivors, which every list of the call means: what differs between lists is the bias.
    const coded = { codes: new Uint8Array(rows.length * coding.codeBytes), factors: new Int16Array(2 * rows.length) };
    coding.read(0, rows, coded);
    return scoreSurvivors(second, {
      lists: {
        codes: packList(coding.subquantizers, coded),
        offsets: new BigUint64Array(rows.length),
        counts: new Uint32Array(rows.length).fill(rows.length),
        firsts: new Uint32Array(rows.length),
      },
      biases: Float64Array.from(rows, (row) => biases[lists[row]!]!),
      records: coding.readSecond(0, rows),
      survivors: { positions: Uint32Array.from(rows.keys()), lists: Uint32Array.from(rows.keys()) },
    });
  }
}

/** Coded rows scored on the event loop at a time. */
const rowsInline = 8_192;

/** The rows whose score is at least `least`. */
function best(rows: Uint32Array, scores: Float64Array, least: number): ScoredRows {
  let count = 0;
  for (let i = 0; i < rows.length; i += 1) count += scores[i]! >= least ? 1 : 0;
  const found = { rows: new Uint32Array(count), scores: new Float64Array(count) };
  for (let i = 0, at = 0; i < rows.length; i += 1) {
    if (!(scores[i]! >= least)) continue;
    found.rows[at] = rows[i]!;
    found.scores[at] = scores[i]!;
    at += 1;
  }
  return found;
}

/** The last of `positions` whose entry in `firsts`, ascending, is not above `row`. */
function lastNotAbove(firsts: Uint32Array, positions: Uint32Array, row: number): number {
  let from = 0;
  let to = positions.length;
  while (to - from > 1) {
    const middle = (from + to) >>> 1;
    if (firsts[positions[middle]!]! <= row) from = middle;
    else to = middle;
  }
  return from;
}
