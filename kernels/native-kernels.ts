/**
 * What stands behind the native door: the exports of binding.cc in its order, which the portable twins have as well.
 *
 * Arguments are typed arrays of exact lengths (kernels.ts makes and checks them); outputs are arrays of the caller; jobs give a
 * count, or -1 when `cancel[0]` became 1.
 */
import type { MaxSimDocuments, MaxSimLanes, MaxSimQuery } from './max-sim/query.js';

export type KernelIsa = 'avx512' | 'avx2' | 'reference' | 'typescript';

/** What a job over documents writes: `scores` is its answer, `scratch` its working memory, `cancel` uint8[1] its stop sign. */
export type JobArrays = [cancel: Uint8Array, scratch: Float32Array, scores: Float32Array];

export interface NativeKernels {
  /** The instruction sets this machine can run, best first. */
  available(): string[];
  /** Makes all later calls run on that set. */
  select(isa: string): void;
  /** The set that calls run on. */
  selected(): string;
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
  /** lanes float32[tiles][dim][16], rows float32[n, dim], out float32[n, tiles * 16]. */
  projectLanes(lanes: Float32Array, dim: number, rows: Float32Array, out: Float32Array): void;
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
  /** The best rows of a sparse query: sparse.h. Gives their count, -1 when cancelled, -2 over the budget, -3 out of memory. */
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
    ]
  ): void;
  /** Rows to the blocks of a list: adc-scan.h. */
  packBlocks(codes: Uint8Array, factors: Int16Array, pairs: number, blocks: Uint8Array): void;
  /** And back. */
  unpackBlocks(codes: Uint8Array, factors: Int16Array, pairs: number, blocks: Uint8Array): void;
  /** The best of lists for up to 16 queries: adc-scan.h. Gives 0 or -1. */
  scanLists(...scan: ScanListsArrays): number;
  scanListsAsync(...scan: ScanListsArrays): Promise<number>;
  /** Integer scores of coded rows, without unit and bias: adc-scan/rows.h. scale = [offset, anchor weight]. */
  scoreCodeRows(
    ...scored: [
      levels: Uint8Array,
      scale: Float64Array,
      codes: Uint8Array,
      factors: Int16Array,
      rows: Uint32Array,
      scores: Float64Array,
    ]
  ): void;
  /** levels int8[padded dim] of a query; gives half its unit: second-code.h. */
  quantizeQuery(query: Float32Array, levels: Int8Array): number;
  /** Scores of survivors by both codes: second-code.h. Gives 0 or -1. */
  scoreSurvivors(...survivors: SurvivorArrays): number;
  scoreSurvivorsAsync(...survivors: SurvivorArrays): Promise<number>;
  /** The file's bytes, or the errno that kept them away. */
  mapFile(path: string): ArrayBuffer | number;
  /** 0 = random, 1 = sequential, 2 = will need; gives 0 or an errno. */
  adviseMapping(buffer: ArrayBuffer, advice: number): number;
  /** Detaches the buffer; the memory goes when no job runs on it any more. */
  unmapFile(buffer: ArrayBuffer): void;
}

/**
 * Postings with the last row and the largest magnitude of every block of 128 (null = not known); terms uint32[T, 3] = start, end,
 * first block; live bits and ties [rowCount] by row; limits = [rowCount, floor, budget].
 */
export type SearchPostingsArrays = [
  rows: Uint32Array,
  weights: Uint16Array,
  blockRows: Uint32Array | null,
  blockMaxima: Uint16Array | null,
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

/**
 * Lists (offsets bytes into codes; live, filter and ids by position) and Q queries: levels uint8[Q, 32 * pairs]; queries float64[Q,
 * 4 + lists] = unit, offset, anchor weight, threshold, biases; places uint32[Q, 2, room] (positions, lists) and scores [Q, room] of the
 * answers; entries float64[Q, 3 * capacity], scratch of the reservoirs, capacity > wanted; scratch uint8[Q * 128 * pairs + 63];
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
];
