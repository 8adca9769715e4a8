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
  /** The file's bytes, or the errno that kept them away. */
  mapFile(path: string): ArrayBuffer | number;
  /** 0 = random, 1 = sequential, 2 = will need; gives 0 or an errno. */
  adviseMapping(buffer: ArrayBuffer, advice: number): number;
  /** Detaches the buffer; the memory goes when no job runs on it any more. */
  unmapFile(buffer: ArrayBuffer): void;
}

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
