/**
 * What stands behind the native door: the exports of binding.cc in its order, which the portable twins have as well.
 *
 * Arguments are typed arrays of exact lengths (kernels.ts makes and checks them); outputs are arrays of the caller; jobs give a
 * count, or -1 when `cancel[0]` became 1.
 */
import type { MaxSimDocuments, MaxSimLanes, MaxSimQuery } from './max-sim/query.js';

export type KernelIsa = 'avx512' | 'avx2' | 'neon' | 'reference' | 'typescript';

/** What a job over documents writes: `scores` is its answer, `scratch` its working memory, `cancel` uint8[1] its stop sign. */
export type JobArrays = [cancel: Uint8Array, scratch: Float32Array, scores: Float32Array];

export interface NativeKernels {
  /** The instruction sets this machine can run, best first. */
  available(): string[];
  /** Makes all later calls run on that set. */
  select(isa: string): void;
  /** The set that calls run on. */
  selected(): string;
  /** How many bytes behind the beginning of a cache line of 64 the buffer begins. */
  bytesPastLine(buffer: ArrayBuffer): number;
  /** The best rows into bestRows and bestScores; gives their count. rows uint16[n, query.length]. */
  scanDense(
    ...scan: [
      rows: Uint16Array,
      query: Float32Array,
      live: Uint8Array | null,
      cancel: Uint8Array,
      bestRows: Uint32Array,
      bestScores: Float32Array,
    ]
  ): Promise<number>;
  scoreDense(rows: Uint16Array, query: Float32Array, rowNumbers: Uint32Array, scores: Float32Array): void;
  sumBytes(bytes: Uint8Array): number;
  toFloat16(values: Float32Array, bits: Uint16Array): void;
  toFloat32(bits: Uint16Array, values: Float32Array): void;
  maxSimCodes(query: MaxSimQuery, tokens: Uint8Array, ...rest: [...MaxSimDocuments, ...JobArrays]): Promise<number>;
  maxSimCodesExact(
    query: MaxSimQuery,
    tokens: Uint8Array,
    ...rest: [...MaxSimDocuments, ...JobArrays]
  ): Promise<number>;
  maxSimCodesMatches(
    query: MaxSimQuery,
    tokens: Uint8Array,
    ...rest: [...MaxSimDocuments, ...JobArrays, matches: Uint32Array]
  ): Promise<number>;
  /** Rows are `floats`, or `halves` where `floats` is null. */
  maxSimRows(
    query: MaxSimLanes,
    floats: Float32Array | null,
    ...rest: [...MaxSimDocuments, ...JobArrays, halves: Uint16Array | null]
  ): Promise<number>;
  assignNearest(...arrays: NearestArrays): void;
  assignNearestAsync(...arrays: NearestArrays): Promise<number>;
  /** Second lists of points [n, dim]: nearest-centroid.h. */
  secondLists(...arrays: SecondListsArrays): void;
  secondListsAsync(...arrays: SecondListsArrays): Promise<number>;
  accumulateSparse(
    ...postings: [
      rows: Uint32Array,
      weights: Uint16Array,
      starts: Uint32Array,
      ends: Uint32Array,
      factors: Float32Array,
      scores: Float32Array,
    ]
  ): void;
  topK(
    ...top: [
      scores: Float32Array,
      live: Uint8Array | null,
      minimum: number,
      bestRows: Uint32Array,
      bestScores: Float32Array,
    ]
  ): number;
  /** The best rows of a sparse query: sparse.h. Gives their count, -1 when cancelled, -2 out of memory. */
  searchPostings(...search: SearchPostingsArrays): number;
  searchPostingsAsync(...search: SearchPostingsArrays): Promise<number>;
  /** Tables, levels and [unit, offset, anchor weight] of a query: lookup-table.h. scales = [rescale, anchor]. */
  buildLookupTable(
    ...table: [
      codebook: Float32Array,
      query: Float32Array,
      dsub: number,
      scales: Float64Array,
      tables: Float32Array,
      levels: Uint8Array,
      scale: Float64Array,
    ]
  ): void;
  /** Codes uint8[n, pairs] and factors int16[n, 2] of points [n, dim]: product-code.h. */
  encodeVectors(
    ...vectors: [
      points: Float32Array,
      base: Float32Array | null,
      anchor: Float32Array | null,
      codebook: Float32Array,
      dsub: number,
      scales: Float64Array,
      scratch: Float32Array,
      codes: Uint8Array,
      factors: Int16Array,
      metric: Float32Array | null,
    ]
  ): void;
  /** Records of points whose codes are known: second-code.h. */
  encodeSecond(
    ...vectors: [
      points: Float32Array,
      base: Float32Array | null,
      anchor: Float32Array | null,
      codebook: Float32Array,
      dsub: number,
      codes: Uint8Array,
      scratch: Float32Array,
      records: Uint8Array,
      kind: number,
      feedback: Float32Array | null,
    ]
  ): void;
  /** Both codes of vectors of many lists: second-code.h. Gives 0 or -1. */
  encodeBatch(...batch: BatchArrays): number;
  encodeBatchAsync(...batch: BatchArrays): Promise<number>;
  /** Rows to the blocks of a list: adc-scan.h. */
  packBlocks(codes: Uint8Array, factors: Int16Array, pairs: number, blocks: Uint8Array): void;
  /** And back. */
  unpackBlocks(codes: Uint8Array, factors: Int16Array, pairs: number, blocks: Uint8Array): void;
  /** The best of lists for up to 16 queries: adc-scan.h. Gives 0 or -1. */
  scanLists(...scan: ScanListsArrays): number;
  /** levels int8[padded dim] of a query, or int8[2, padded dim] for records of 5 bits and more; gives half its unit: second-code.h. */
  quantizeQuery(query: Float32Array, levels: Int8Array): number;
  /** Scores of survivors by both codes: second-code.h. Gives 0 or -1. */
  scoreSurvivors(...survivors: SurvivorArrays): number;
  /** A searcher of list-search.h without columns. Keeps its arrays until `closeSearcher`, or until it is collected. */
  openSearcher(
    ...searcher: [
      words: Float32Array | null,
      dsub: number,
      scales: Float64Array,
      dim: number,
      lists: number,
      bases: Float32Array | null,
      centroids: Float32Array | null,
      secondKind: number,
    ]
  ): NativeHandle;
  addSearchColumn(searcher: NativeHandle, ...column: SearchColumnArrays): void;
  addRowColumn(searcher: NativeHandle, ...column: RowColumnArrays): void;
  /** The column added last, of the same ids array, has the vectors of column `first` in further lists. */
  setFirstColumn(searcher: NativeHandle, first: number): void;
  /**
   * Before the first search: other words, as many, for the scan's table, adapter float32[dim, dim] or null for its query, and
   * float32[lists] or null that first scores get more.
   */
  scanWith(
    ...[searcher, words, adapter, listBiases]: [
      searcher: NativeHandle,
      words: Float32Array,
      adapter: Float32Array | null,
      listBiases: Float32Array | null,
    ]
  ): void;
  /** rows int8[n, padded dim] and scales float32[n] of centroids [n, dim]. */
  quantizeCentroids(centroids: Float32Array, dim: number, rows: Int8Array, scales: Float32Array): void;
  /** Before its first scratch: codes of the centroids, in the blocks of one list, and rows of bytes, by which lists are chosen. */
  routeWith(
    ...[searcher, words, dsub, scales, blocks, rows, rowScales]: [
      searcher: NativeHandle,
      words: Float32Array,
      dsub: number,
      scales: Float64Array,
      blocks: Uint8Array,
      rows: Int8Array,
      rowScales: Float32Array,
    ]
  ): void;
  /** Jobs that run on it finish; later calls are refused. */
  closeSearcher(searcher: NativeHandle): void;
  /** Bytes of `work` for searches of up to `wanted` survivors by up to `threads` threads. */
  searchWorkBytes(searcher: NativeHandle, wanted: number, threads: number): number;
  /** What a search reads and writes. Keeps its arrays until it is collected. */
  openScratch(...scratch: ScratchArrays): NativeHandle;
  /** The parameters' queries, one after the other. `filters`: one bitmap or null for every column. Gives 0 or -1. */
  search(searcher: NativeHandle, scratch: NativeHandle, filters: readonly (Uint8Array | null)[] | null): number;
  searchAsync(
    searcher: NativeHandle,
    scratch: NativeHandle,
    filters: readonly (Uint8Array | null)[] | null,
    cancel: Uint8Array,
  ): Promise<number>;
  /** Centroids [k, dim] and biases [k] into panels float32[ceil(k / 16), dim, 16] and panelBiases [ceil(k / 16), 16]: matrix-product.h. */
  packPanels(
    ...centroids: [
      centroids: Float32Array,
      biases: Float32Array | null,
      dim: number,
      panels: Float32Array,
      panelBiases: Float32Array,
    ]
  ): void;
  /** The best centroid of every point [n, dim], and its score. */
  bestProducts(
    ...products: [
      points: Float32Array,
      dim: number,
      panels: Float32Array,
      panelBiases: Float32Array,
      assignments: Uint32Array,
      scores: Float32Array,
    ]
  ): void;
  /** The rows of points [n, dim] that `rows` numbers, into gathered [rows, dim]. */
  gatherRows(points: Float32Array, dim: number, rows: Uint32Array, gathered: Float32Array): void;
  /** Adds points [n, dim] to sums [centroids, dim] of their assignments, in order, and counts them. */
  addRows(
    ...rows: [points: Float32Array, dim: number, assignments: Uint32Array, sums: Float64Array, counts: Uint32Array]
  ): void;
  /** The first of some blocks whose CRC-32 differs, how many there are when none does, or -1: checksum.h. */
  checkBlocks(...blocks: CheckBlocksArrays): number;
  checkBlocksAsync(...blocks: CheckBlocksArrays): Promise<number>;
  /** The file's bytes, or the errno that kept them away. */
  mapFile(path: string): ArrayBuffer | number;
  /** 0 = random, 1 = sequential, 2 = will need, 3 = unneeded; gives 0 or an errno. */
  adviseMapping(buffer: ArrayBuffer, advice: number): number;
  /** 1 where a part of the file was gone when it was read, and gave zeros; else 0. */
  isTornMapping(buffer: ArrayBuffer): number;
  /** Detaches the buffer; the memory goes when no job runs on it any more. */
  unmapFile(buffer: ArrayBuffer): void;
}

/** points [n, dim], lists uint32[n] rows of bases and anchors [lists, dim]; codes, factors and records (or null) as of each list alone. */
export type BatchArrays = [
  points: Float32Array,
  dim: number,
  lists: Uint32Array,
  bases: Float32Array,
  anchors: Float32Array,
  codebook: Float32Array,
  dsub: number,
  scales: Float64Array,
  scratch: Float32Array,
  codes: Uint8Array,
  factors: Int16Array,
  records: Uint8Array | null,
  cancel: Uint8Array,
  kind: number,
  feedback: Float32Array | null,
  metric: Float32Array | null,
];

/** Blocks of `bytes`: where each begins, its bytes and its CRC-32. */
export type CheckBlocksArrays = [
  bytes: Uint8Array,
  starts: BigUint64Array,
  lengths: Uint32Array,
  sums: Uint32Array,
  cancel: Uint8Array,
];

/** Made and read by the same kernels only. */
export type NativeHandle = object;

/** Lists by number; ids, records and live by position, ids one for every row. */
export type SearchColumnArrays = [
  codes: Uint8Array,
  offsets: BigUint64Array,
  counts: Uint32Array,
  firsts: Uint32Array,
  ids: BigUint64Array,
  records: Uint8Array | null,
  live: Uint8Array | null,
  vectors: Uint16Array | null,
  rows: Uint32Array | null,
];

/** Row by row: codes uint8[n, pairs], factors int16[n, 2], lists uint32[n], ids uint64[n], at least one. */
export type RowColumnArrays = [
  codes: Uint8Array,
  factors: Int16Array,
  lists: Uint32Array,
  ids: BigUint64Array,
  records: Uint8Array | null,
];

/**
 * Of Q queries, P probes and K hits: parameters float64[10] = queries, nprobe, candidates (0 = probes are given), wanted, refined, k,
 * threshold, whether biases are given, the last stage (1 coarse, 2 table, 3 first, 4 second), helpers (threads beside the first); queries float32[Q, dim]; probes
 * uint32[Q, P] and biases float64[Q, P], in or out; ids [Q, K]; scores [Q, K]; places uint32[Q, 3, K] = columns, positions, lists;
 * found float64[Q, 3] = probes, hits, vectors of the lists read; work uint8[searchWorkBytes].
 */
export type ScratchArrays = [
  queriesMax: number,
  parameters: Float64Array,
  queries: Float32Array,
  probes: Uint32Array,
  biases: Float64Array,
  ids: BigUint64Array,
  scores: Float64Array,
  places: Uint32Array,
  found: Float64Array,
  work: Uint8Array,
];

/**
 * Postings; terms uint32[T, 2] = start, end; live bits and ties [rowCount] by row; limits = [rowCount, floor].
 */
export type SearchPostingsArrays = [
  rows: Uint32Array,
  weights: Uint16Array,
  terms: Uint32Array,
  factors: Float32Array,
  live: Uint8Array | null,
  ties: BigUint64Array | null,
  limits: Float64Array,
  cancel: Uint8Array,
  bestRows: Uint32Array,
  bestScores: Float32Array,
];

/** points [n, dim], centroids [k, dim], panel float32[32 * dim + 16] (scratch), assignments and scores [n]. */
export type NearestArrays = [
  points: Float32Array,
  centroids: Float32Array,
  dim: number,
  panel: Float32Array,
  assignments: Uint32Array,
  scores: Float32Array,
  cancel: Uint8Array,
];

/** points [n, dim], firsts [n], centroids [k, dim], around [k, width], residual float32[dim] (scratch), seconds [n]. */
export type SecondListsArrays = [
  points: Float32Array,
  firsts: Uint32Array,
  centroids: Float32Array,
  around: Uint32Array,
  residual: Float32Array,
  seconds: Uint32Array,
];

/**
 * Lists (offsets bytes into codes; live, filter and ids by position) and Q queries: levels uint8[Q, 32 * pairs]; queries float64[Q,
 * 4 + lists] = unit, offset, anchor weight, threshold, biases; places uint32[Q, 2, room] (positions, lists) and scores [Q, room] of the
 * answers; entries float64[Q, 4 * capacity], scratch of the reservoirs, capacity > wanted; scratch uint8[Q * 128 * pairs + 63];
 * wanted uint32[Q] becomes how many were found.
 */
export type ScanListsArrays = [
  codes: Uint8Array,
  offsets: BigUint64Array,
  counts: Uint32Array,
  firsts: Uint32Array,
  live: Uint8Array | null,
  filter: Uint8Array | null,
  ids: BigUint64Array | null,
  levels: Uint8Array,
  queries: Float64Array,
  places: Uint32Array,
  scores: Float64Array,
  entries: Float64Array,
  scratch: Uint8Array,
  wanted: Uint32Array,
  cancel: Uint8Array,
];

/** A query of second-code.h, the lists of a scan with their biases, the records from position 0 on, and what the scan found. */
export type SurvivorArrays = [
  tables: Float32Array,
  levels: Int8Array,
  halfUnit: number,
  dim: number,
  codes: Uint8Array,
  offsets: BigUint64Array,
  counts: Uint32Array,
  firsts: Uint32Array,
  biases: Float64Array,
  records: Uint8Array,
  positions: Uint32Array,
  lists: Uint32Array,
  scores: Float64Array,
  cancel: Uint8Array,
  kind: number,
];
