/**
 * The native search over the coded segments of an index (kernels/list-search.ts), kept from one query to the next.
 *
 * A searcher holds its segments' columns, and with them the memory and the mapped files under these: so it is closed as soon as the
 * segments of the index change, and goes when the last search over it has ended. A segment that grows is searched in the room that it has;
 * which of its rows count says the filter of each search.
 */
import { assert } from '../../base/assert.js';
import {
  openSearcher,
  searchThreads,
  type ListSearcher,
  type RowColumn,
  type ScanParameters,
  type SearchColumn,
  type SearchScratch,
} from '../../kernels/list-search.js';
import type { LearnedParameters } from '../codebook/learned-parameters.js';
import type { SegmentReader } from '../segment/segment-reader.js';
import { LearnedScans } from './learned-scan.js';
import type { ListCoder } from './list-coder.js';
import { MovedRows } from './moved-rows.js';
import { MutableCodes } from './mutable-codes.js';
import { SealedLists } from './sealed-lists.js';

/** Vectors, and survivors of theirs, of a search on the event loop: a tenth of a millisecond's work, half of which a thread takes to begin. */
const scanInline = 8_192;
const wantedInline = 1_024;
/** Vectors from which several threads scan: each is to have more to do than it takes to wake it. */
const scanTogether = 65_536;
/** Scratches that are kept, and survivors up to which one is. */
const scratchesKept = 8;
const wantedKept = 4_096;
/** Searchers that are kept: while one codebook takes over from another, both are searched by. */
const searchersKept = 2;

/** What a search is to find. */
export interface ListsQuestion {
  /** float32[dim] */
  readonly query: Float32Array;
  /** uint32: lists of the structure, each once. */
  readonly lists: Uint32Array;
  /** For every segment a bit for each row that counts, as many bytes as `room` of it takes; null = all rows count. */
  readonly filters: readonly (Uint8Array | null)[];
  /** Vectors of the lists, about. */
  readonly vectors: number;
  /** Survivors of the first codes, and how many of them are answered. */
  readonly wanted: number;
  readonly k: number;
  readonly signal: AbortSignal | undefined;
}

/** Rows by both codes, best first, ties by smaller docId and passage. */
export interface FoundRows {
  /** uint32 each: numbers of segments, and rows in them. */
  readonly segments: Uint32Array;
  readonly rows: Uint32Array;
}

export class ListSearchers {
  /** The one that was asked for last comes first. */
  #open: readonly SharedSearcher[] = [];
  readonly #learned = new LearnedScans();
  /** By coder: a search that began under a former one must not throw away what was found for the next. */
  readonly #moved = new WeakMap<ListCoder, MovedRows>();

  /** Where the rows of segments lie whose lists were split since they were written. */
  movedRows(coder: ListCoder): MovedRows {
    const known = this.#moved.get(coder);
    if (known !== undefined) return known;
    const moved = new MovedRows(coder);
    this.#moved.set(coder, moved);
    return moved;
  }

  /** Whether the rows of a segment are in the lists of `coder` and coded as by it; without one, whether they are not coded. */
  isCurrent(coder: ListCoder | null, reader: SegmentReader): boolean {
    return coder === null ? reader.coding === null : this.movedRows(coder).isCurrent(reader);
  }

  /**
   * A searcher over `readers`, all coded as by `coder`, with at least one row each, for this caller until it releases it; null when their rows have no
   * order that takes 64 bits. It scans by `learned` where that belongs to the codes.
   */
  acquire(
    coder: ListCoder,
    readers: readonly SegmentReader[],
    learned: LearnedParameters | null = null,
  ): SharedSearcher | null {
    const keys = keysOf(readers);
    if (keys === null) return null;
    const scan = this.#learned.of(coder, learned);
    const known = this.#open.find((each) => each.isOver(coder, keys) && each.scan === scan);
    const searcher = known ?? new SharedSearcher(coder, readers, { keys, scan });
    this.#keep(searcher, keys);
    searcher.use();
    return searcher;
  }

  /** The segments of the index are others now. What was acquired stays open until it is released. */
  close(): void {
    for (const each of this.#open) each.retire();
    this.#open = [];
  }

  /** Those over other columns go at once. */
  #keep(searcher: SharedSearcher, keys: readonly BigUint64Array[]): void {
    if (this.#open[0] === searcher) return;
    const open = [searcher, ...this.#open.filter((each) => each !== searcher)];
    const kept = open.filter((each) => each.isOver(searcher.coder, keys)).slice(0, searchersKept);
    for (const each of open) if (!kept.includes(each)) each.retire();
    this.#open = kept;
  }
}

/** uint64[room] of every segment: what orders its rows among those of all. */
function keysOf(readers: readonly SegmentReader[]): BigUint64Array[] | null {
  if (readers.every(({ passages }) => passages === null)) return readers.map(({ docIds }) => docIds);
  const keys = readers.map(({ rowKeys }) => rowKeys);
  return keys.some((own) => own === null) ? null : (keys as BigUint64Array[]);
}

export class SharedSearcher {
  readonly coder: ListCoder;
  /** null = by the words of the codes. */
  readonly scan: ScanParameters | null;
  readonly #keys: readonly BigUint64Array[];
  /** By column, the number of its segment. */
  readonly #segments: readonly number[];
  readonly #searcher: ListSearcher;
  #scratches: SearchScratch[] = [];
  #users = 0;
  #isRetired = false;

  constructor(
    coder: ListCoder,
    readers: readonly SegmentReader[],
    { keys, scan }: { readonly keys: readonly BigUint64Array[]; readonly scan: ScanParameters | null },
  ) {
    this.coder = coder;
    this.scan = scan;
    this.#keys = keys;
    const { codebook, dim, listCount } = coder;
    const segments: number[] = [];
    const columns: (SearchColumn | RowColumn)[] = [];
    for (const [at, reader] of readers.entries()) {
      const own = columnsOf(reader, keys[at]!, { listCount, number: columns.length });
      for (const column of own) {
        columns.push(column);
        segments.push(at);
      }
    }
    this.#segments = segments;
    this.#searcher = openSearcher({
      ...{ codebook, dim, lists: listCount, bases: codebook.bases, coarse: null, scan },
      columns,
    });
  }

  /** Whether it is over the same columns: those of a segment that grows move when it needs more room, and then all of them do. */
  isOver(coder: ListCoder, keys: readonly BigUint64Array[]): boolean {
    return coder === this.coder && keys.length === this.#keys.length && keys.every((own, at) => own === this.#keys[at]);
  }

  /** Rows for which segment number `at` has room. */
  room(at: number): number {
    return this.#keys[at]!.length;
  }

  /** CANCELLED when the signal aborts. */
  async search(question: ListsQuestion): Promise<FoundRows> {
    const { query, lists, filters, vectors, wanted, k, signal } = question;
    signal?.throwIfAborted();
    const scratch = this.#takeScratch(wanted, k);
    scratch.queries.set(query);
    scratch.probes.set(lists);
    // Whoever asks scores all k exactly: a longer pass between the two would change nothing.
    const request = {
      ...{ queries: 1, nprobe: lists.length, candidates: 0, hasBiases: false, wanted, refined: k, k },
      ...{ threshold: -Infinity, last: 'second' as const },
      threads: vectors < scanTogether ? 1 : searchThreads,
    };
    const own = this.#segments.map((at) => filters[at]!);
    if (vectors <= scanInline && wanted <= wantedInline) this.#searcher.search(scratch, request, own);
    else await this.#searcher.searchAsync(scratch, request, { filters: own, signal });
    const { places, found, sizes } = scratch;
    const count = found[1]!;
    const answer = {
      segments: places.slice(0, count).map((column) => this.#segments[column]!),
      rows: places.slice(sizes.k, sizes.k + count),
    };
    // One whose search was given up may still be written to: it is not used again.
    if (this.#scratches.length < scratchesKept && sizes.wanted <= wantedKept) this.#scratches.push(scratch);
    return answer;
  }

  /** For `ListSearchers`. */
  use(): void {
    this.#users += 1;
  }

  release(): void {
    this.#users -= 1;
    this.#closeWhenUnused();
  }

  /** No search will begin over it. */
  retire(): void {
    this.#isRetired = true;
    this.#closeWhenUnused();
  }

  #closeWhenUnused(): void {
    if (this.#isRetired && this.#users === 0) this.#searcher.close();
  }

  #takeScratch(wanted: number, k: number): SearchScratch {
    const at = this.#scratches.findIndex(({ sizes }) => sizes.wanted >= wanted && sizes.k >= k);
    if (at >= 0) return this.#scratches.splice(at, 1)[0]!;
    const sizes = { queries: 1, nprobe: this.coder.listCount, threads: searchThreads };
    return this.#searcher.scratch({ ...sizes, wanted: powerAbove(wanted), k: powerAbove(k) });
  }
}

/** The rows of a segment in their first lists, and behind them, as columns from `number` on, those in their second. */
function columnsOf(
  { coding, lists }: SegmentReader,
  ids: BigUint64Array,
  { listCount, number }: { readonly listCount: number; readonly number: number },
): (SearchColumn | RowColumn)[] {
  const further = { ids, records: null, first: number };
  if (coding instanceof SealedLists) {
    const { records, copies } = coding;
    const first = { lists: coding.all(listCount), ids, records, live: null };
    if (copies === null) return [first];
    return [first, { ...further, lists: copies.all(listCount), rows: copies.rows, live: null }];
  }
  assert(coding instanceof MutableCodes, 'the segment is coded');
  const { copies } = coding;
  const first = { ...coding.first(ids.length), rowLists: lists, ids };
  if (copies === null) return [first];
  return [first, { ...further, ...copies.first(ids.length), rowLists: copies.lists() }];
}

function powerAbove(count: number): number {
  return 2 ** Math.ceil(Math.log2(count));
}
