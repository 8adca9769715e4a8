/**
 * Every function behind the native door, and who answers: the addon, or the portable twins in TypeScript.
 *
 * `NativeKernels` declares the exports of binding.cc in its order. Arguments are typed arrays of exact lengths (kernels.ts makes and
 * checks them); outputs are arrays of the caller; jobs give a count, or -1 when `cancel[0]` became 1.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ShoalError } from '../base/errors.js';
import type { MaxSimDocuments, MaxSimLanes, MaxSimQuery } from './max-sim/query.js';
import { portableKernels } from './portable.js';

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

// Filled at the first call: loading the addon is work, which an import must not do, and its answer cannot change afterwards.
const loaded = new Map<'kernels', NativeKernels>();

/** The kernels of this process: the addon's best set, the one that SHOAL_KERNELS names, or the portable twins without an addon. */
export function nativeKernels(): NativeKernels {
  const known = loaded.get('kernels');
  if (known !== undefined) return known;
  const wanted = process.env['SHOAL_KERNELS'] ?? '';
  const chosen = chooseKernels(wanted, wanted === 'typescript' ? null : loadAddon());
  loaded.set('kernels', chosen);
  return chosen;
}

/** FAILED_PRECONDITION when `wanted` (empty = the best) is not to be had from `addon` (null = not built). */
export function chooseKernels(wanted: string, addon: NativeKernels | null): NativeKernels {
  if (wanted === 'typescript' || (wanted === '' && addon === null)) return portableKernels;
  if (addon === null) {
    throw new ShoalError(
      'FAILED_PRECONDITION',
      `SHOAL_KERNELS=${wanted}, but the native kernels are not built; run "npm run setup", or set SHOAL_KERNELS=typescript`,
    );
  }
  const names = addon.available();
  const name = wanted === '' ? names[0] : wanted;
  if (name === undefined || !names.includes(name)) {
    throw new ShoalError(
      'FAILED_PRECONDITION',
      `SHOAL_KERNELS=${wanted} is not available on this machine; choose one of ${[...names, 'typescript'].join(', ')}`,
    );
  }
  addon.select(name);
  return addon;
}

/** The addon, or null when it was not built. An addon that is there and does not load is an error: it must not slow Shoal down unseen. */
export function loadAddon(): NativeKernels | null {
  const path = addonPath(dirname(fileURLToPath(import.meta.url)));
  if (path === null) return null;
  try {
    return createRequire(import.meta.url)(path) as NativeKernels;
  } catch (cause) {
    throw new ShoalError(
      'FAILED_PRECONDITION',
      'the native kernels do not load; rebuild them with "npm run setup", or set SHOAL_KERNELS=typescript',
      { cause },
    );
  }
}

/** build/Release beside the nearest package.json above `folder`, which is found from the sources and from dist/ alike. */
function addonPath(folder: string): string | null {
  if (existsSync(join(folder, 'package.json'))) {
    const path = join(folder, 'build', 'Release', 'shoal_kernels.node');
    return existsSync(path) ? path : null;
  }
  return dirname(folder) === folder ? null : addonPath(dirname(folder));
}
