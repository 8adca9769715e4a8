/**
 * How is a query answered from inverted lists in one call? The third part of the door of kernels.ts, with its rules.
 *
 * Stages, formulas and order: list-search/list-search.h. A searcher checks its columns when it is opened, a scratch is made once and used
 * again and again: a call allocates nothing and costs about a microsecond before its work begins. Hits are equal bit for bit on every
 * instruction set and in the portable twin. Arrays given to either are kept, and must neither move nor, while a call runs, change; only
 * `live` may lose bits at any time. One search a scratch at a time.
 */
import { availableParallelism } from 'node:os';
import { assert } from '../base/assert.js';
import { codeCentroids, type CodedCentroids } from './centroid-codes.js';
import { secondKindOf, subquantizersMax, type Codebook, type Lists } from './codes.js';
import { runJob } from './job.js';
import type { NativeHandle } from './native-kernels.js';
import { callKernels as call } from './native.js';
import { signDims } from './sign-words.js';

/** Columns of one searcher. */
export const searchColumnsMax = 65_536;

/** Threads that a search is worth: libuv's pool has four. */
export const searchThreads = Math.min(4, availableParallelism());

const parameterCount = 10;
const stages = { coarse: 1, table: 2, first: 3, second: 4, exact: 5 } as const;

/** The last thing that a search does: lists and biases, the query's table, first scores, scores by both codes, exact scores of the vectors. */
export type SearchStage = keyof typeof stages;

/** So few lists are compared by their centroids as fast as by codes of these. */
const leastCoded = 256;
/** Of centroids that are normal values, the worst that is usual, codes find .8 to .9. */
const codesTest = { queries: 16, nearest: 10, share: 0.7 };

/** Centroids that a query is routed by. Any number of searchers may have it. */
export interface CoarseTable {
  /** float32[lists, dim] */
  readonly centroids: Float32Array;
  /** What the candidates are found by; null where all centroids are compared. */
  readonly codes: CodedCentroids | null;
}

/**
 * `centroids` float32[lists, dim], finite, made ready for a searcher; keeps them. Blocks the thread for some 10 µs a list of 384 dimensions, once for each table.
 * Those of more than 2,048 dimensions are all compared.
 */
export function coarseTable(centroids: Float32Array, dim: number): CoarseTable {
  assert(Number.isInteger(dim) && dim >= 1 && centroids.length % dim === 0, 'centroids are whole rows of dim values');
  const count = centroids.length / dim;
  if (count < leastCoded || dim > signDims * subquantizersMax) return { centroids, codes: null };
  const coded = { centroids, codes: codeCentroids(centroids, dim) };
  return findsNearest(coded, dim) ? coded : { centroids, codes: null };
}

/** Whether codes find most of the lists nearest to some of the centroids: signs tell little of vectors with a few large values. */
function findsNearest(coarse: CoarseTable, dim: number): boolean {
  const { centroids } = coarse;
  const [count, nprobe] = [centroids.length / dim, codesTest.nearest];
  const searcher = openSearcher({ codebook: null, dim, lists: count, bases: null, coarse, columns: [] });
  const scratch = searcher.scratch({ queries: codesTest.queries, nprobe, wanted: 1, k: 1 });
  for (let q = 0; q < codesTest.queries; q++) {
    const row = Math.floor((q * count) / codesTest.queries);
    scratch.queries.set(centroids.subarray(row * dim, (row + 1) * dim), q * dim);
  }
  const rest = { hasBiases: false, wanted: 1, refined: 1, k: 1, threshold: -Infinity, last: 'coarse' } as const;
  const probesBy = (candidates: number): Uint32Array => {
    searcher.search(scratch, { queries: codesTest.queries, nprobe, candidates, ...rest });
    return scratch.probes.slice();
  };
  const [exact, coded] = [probesBy(count), probesBy(nprobe)];
  searcher.close();
  const found = exact.filter((list, i) => coded.subarray(i - (i % nprobe), i - (i % nprobe) + nprobe).includes(list));
  return found.length >= codesTest.share * exact.length;
}

/**
 * One segment's lists, all of the structure's in their order, empty ones included.
 *
 * `first`, of either kind of column: the number of an earlier one, of the same ids, which has the same vectors in their first lists, one list
 * behind the other, and their second codes. A vector is answered once, under that column, by the second code that it has there. It takes bases.
 */
export interface SearchColumn {
  readonly lists: Lists;
  /**
   * By position, the row of each vector, where vectors lie in several lists; `ids`, `live`, `vectors` and filters go by row then, and a
   * vector is answered once. null or left out = a position is a row.
   */
  readonly rows?: Uint32Array | null;
  /** uint64[rows] by position, each its own over all columns: what names a hit, and orders equal scores. */
  readonly ids: BigUint64Array;
  /** recordBytes each, by position; null = no second code, and no column's is used. */
  readonly records: Uint8Array | null;
  /** Bit p of byte p >> 3 is set for a position that counts, ⌈rows / 8⌉ bytes; null = all count. */
  readonly live: Uint8Array | null;
  /** Half bits [rows, dim] by position, what the last stage compares; null or left out = there are none, and no column's are used. */
  readonly vectors?: Uint16Array | null;
  readonly first?: number | null;
}

/** Vectors of a segment that grows, row by row. */
export interface RowColumn {
  /** uint8[rows, codeBytes], int16[rows, 2] and uint32[rows]: of a row without a code, anything. */
  readonly codes: Uint8Array;
  readonly factors: Int16Array;
  readonly rowLists: Uint32Array;
  /** uint64[rows], at least one, and records, as of `SearchColumn`. */
  readonly ids: BigUint64Array;
  readonly records: Uint8Array | null;
  readonly first?: number | null;
}

export interface SearcherOptions {
  /** Covers dim, padded with zeros; null where there are no columns to scan. */
  readonly codebook: Codebook | null;
  readonly dim: number;
  /** Lists of the structure. */
  readonly lists: number;
  /** float32[lists, dim]: bias = ⟨q, base⟩; null = biases are given with each search. */
  readonly bases: Float32Array | null;
  /** null = lists are given with each search. */
  readonly coarse: CoarseTable | null;
  /** What vectors survive by, where that was learned apart from the codes; left out = the codebook's words. */
  readonly scan?: ScanParameters | null;
  readonly columns: readonly (SearchColumn | RowColumn)[];
}

/** Numbers that a scan reads instead of the codebook's. Codes, factors and second codes are as they were made. */
export interface ScanParameters {
  /** float32[subquantizers, dsub, 16] */
  readonly words: Float32Array;
  /** float32[dim, dim], A: the table is made of A q; null = of q. */
  readonly adapter: Float32Array | null;
  /** float32[lists]: added to the first score of every vector of a list; null = nothing. */
  readonly listBiases: Float32Array | null;
}

export interface SearchRequest {
  /** Queries of the scratch to answer, from the first on. */
  readonly queries: number;
  /** Lists a query reads: the scratch's `probes`, each once, nearest first, when `candidates` is 0, else the nearest. */
  readonly nprobe: number;
  /**
   * Lists whose centroid is compared exactly, at least nprobe; as many as nprobe = none is where the table has codes, which loses little.
   * 0 = lists are given.
   */
  readonly candidates: number;
  /** The scratch's `biases` belong to its probes; NaN = the list is not read. Else they are computed. */
  readonly hasBiases: boolean;
  /** R: survivors of the first codes; fewer are left where vectors lie in several lists. */
  readonly wanted: number;
  /** Survivors scored exactly by both codes, or by their vectors, at least k; 2 k + 16 lose nothing that matters. */
  readonly refined: number;
  readonly k: number;
  /** First scores below it are not wanted; −Infinity where nothing is known. */
  readonly threshold: number;
  readonly last: SearchStage;
  /**
   * Of libuv's pool, for one query of `searchAsync`, at most the scratch's; 1 unless given, and while other searches run. The answer does not depend
   * on it.
   */
  readonly threads?: number;
}

export interface ScratchSizes {
  readonly queries: number;
  readonly nprobe: number;
  /** The largest R. */
  readonly wanted: number;
  readonly k: number;
  /** 1 unless given. */
  readonly threads?: number;
}

/** What searches read and write: rows by query, Q = sizes.queries. It serves every searcher of as many dims, lists and subquantizers. */
export interface SearchScratch {
  readonly sizes: ScratchSizes;
  /** float32[Q, dim] in */
  readonly queries: Float32Array;
  /** uint32[Q, nprobe] in or out, float64[Q, nprobe] in or out */
  readonly probes: Uint32Array;
  readonly biases: Float64Array;
  /** [Q, k] out, best first */
  readonly ids: BigUint64Array;
  readonly scores: Float64Array;
  /** uint32[Q, 3, k] out: columns, positions (rows where a column has them), lists */
  readonly places: Uint32Array;
  /** float64[Q, 3] out: lists, hits, vectors of the lists that were read */
  readonly found: Float64Array;
  readonly parameters: Float64Array;
  readonly handle: NativeHandle;
}

export interface ListSearcher {
  /** New arrays for searches up to `sizes`. */
  scratch(sizes: ScratchSizes): SearchScratch;
  /** Answers into the scratch. `filters`: for every column ⌈rows / 8⌉ bytes or null, a position counts where its bit is set. Blocks the thread. */
  search(scratch: SearchScratch, request: SearchRequest, filters?: readonly (Uint8Array | null)[]): void;
  /** As `search`, on libuv's pool. CANCELLED when `signal` aborts; the scratch is free again when the work has ended, microseconds later. */
  searchAsync(
    scratch: SearchScratch,
    request: SearchRequest,
    rest?: { readonly filters?: readonly (Uint8Array | null)[]; readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
  /** Idempotent. Mapped files under the columns go when the last search has ended. */
  close(): void;
}

// The searches of this process on libuv's pool: when there are others, each gets one thread.
const running = new Set<SearchScratch>();

/** INTERNAL when shapes do not fit together: every list, id, record and bit is checked here. */
export function openSearcher(options: SearcherOptions): ListSearcher {
  const { columns } = options;
  assert(columns.length <= searchColumnsMax, 'there are at most 65,536 columns');
  const handle = openHandle(options);
  const { coarse, scan = null } = options;
  if (coarse !== null && coarse.codes !== null) routeBy(handle, coarse.codes);
  if (scan !== null) call((kernels) => kernels.scanWith(handle, scan.words, scan.adapter, scan.listBiases));
  for (const column of columns) addColumn(handle, column);
  return {
    scratch: (sizes) => openScratch(handle, options, sizes),
    search(scratch, request, filters) {
      setParameters(scratch, request);
      call((kernels) => kernels.search(handle, scratch.handle, checkedFilters(filters, columns.length)));
    },
    async searchAsync(scratch, request, { filters, signal } = {}) {
      const threads = running.size === 0 ? (request.threads ?? 1) : 1;
      setParameters(scratch, { ...request, threads });
      const own = checkedFilters(filters, columns.length);
      running.add(scratch);
      try {
        await runJob(signal, (cancel) => call((kernels) => kernels.searchAsync(handle, scratch.handle, own, cancel)));
      } finally {
        running.delete(scratch);
      }
    },
    close: () => call((kernels) => kernels.closeSearcher(handle)),
  };
}

function routeBy(handle: NativeHandle, { codebook, blocks, rows, rowScales }: CodedCentroids): void {
  const { words, dsub, rescale, anchor } = codebook;
  const scales = Float64Array.of(rescale, anchor);
  call((kernels) => kernels.routeWith(handle, words, dsub, scales, blocks, rows, rowScales));
}

function addColumn(handle: NativeHandle, column: SearchColumn | RowColumn): void {
  const { ids, records, first = null } = column;
  if ('rowLists' in column) {
    const { codes, factors, rowLists } = column;
    call((kernels) => kernels.addRowColumn(handle, codes, factors, rowLists, ids, records));
  } else {
    const { lists, live, vectors = null, rows = null } = column;
    const { codes, offsets, counts, firsts } = lists;
    call((kernels) =>
      kernels.addSearchColumn(handle, codes, offsets, counts, firsts, ids, records, live, vectors, rows),
    );
  }
  if (first !== null) call((kernels) => kernels.setFirstColumn(handle, first));
}

function openHandle({ codebook, dim, lists, bases, coarse }: SearcherOptions): NativeHandle {
  const scales = codebook === null ? Float64Array.of(1, 1) : Float64Array.of(codebook.rescale, codebook.anchor);
  return call((kernels) =>
    kernels.openSearcher(
      ...([codebook?.words ?? null, codebook?.dsub ?? 1, scales, dim, lists, bases] as const),
      ...([coarse?.centroids ?? null, secondKindOf(codebook ?? {})] as const),
    ),
  );
}

function openScratch(searcher: NativeHandle, { dim }: SearcherOptions, sizes: ScratchSizes): SearchScratch {
  const { queries, nprobe, wanted, k, threads = 1 } = sizes;
  assert(
    [queries, nprobe, wanted, k, threads].every((size) => Number.isInteger(size) && size >= 1),
    'sizes are at least 1',
  );
  const scratch = {
    queries: new Float32Array(queries * dim),
    probes: new Uint32Array(queries * nprobe),
    biases: new Float64Array(queries * nprobe),
    ids: new BigUint64Array(queries * k),
    scores: new Float64Array(queries * k),
    places: new Uint32Array(queries * 3 * k),
    found: new Float64Array(queries * 3),
    parameters: new Float64Array(parameterCount),
  };
  const handle = call((kernels) => {
    const work = new Uint8Array(kernels.searchWorkBytes(searcher, wanted, threads));
    const { probes, biases, ids, scores, places, found } = scratch;
    return kernels.openScratch(
      ...([queries, scratch.parameters, scratch.queries, probes, biases, ids, scores, places, found, work] as const),
    );
  });
  return { sizes, ...scratch, handle };
}

function setParameters({ parameters }: SearchScratch, request: SearchRequest): void {
  parameters[0] = request.queries;
  parameters[1] = request.nprobe;
  parameters[2] = request.candidates;
  parameters[3] = request.wanted;
  parameters[4] = request.refined;
  parameters[5] = request.k;
  parameters[6] = request.threshold;
  parameters[7] = request.hasBiases ? 1 : 0;
  parameters[8] = stages[request.last];
  parameters[9] = (request.threads ?? 1) - 1;
}

function checkedFilters(filters: readonly (Uint8Array | null)[] | undefined, columns: number) {
  if (filters === undefined) return null;
  assert(filters.length === columns, 'there is a filter, or null, for every column');
  return filters;
}
