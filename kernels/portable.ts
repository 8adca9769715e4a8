/** The portable twins of all kernels as one object, which stands in for the addon where there is none. */
import { assignNearest, assignNearestAsync } from './nearest-centroid/portable.js';
import { scanDense, scoreDense, sumBytes } from './dense-scan/portable.js';
import { toFloat16, toFloat32 } from './float16/portable.js';
import { adviseMapping, mapFile, unmapFile } from './mapped-file/portable.js';
import { maxSimCodes, maxSimCodesExact, maxSimCodesMatches, maxSimRows, projectLanes } from './max-sim/portable.js';
import type { NativeKernels } from './native-kernels.js';
import { accumulateSparse, topK } from './sparse/portable.js';

export const portableKernels: NativeKernels = {
  available: () => ['typescript'],
  select: () => undefined,
  selected: () => 'typescript',
  scanDense,
  scoreDense,
  sumBytes,
  toFloat16,
  toFloat32,
  projectLanes,
  maxSimCodes,
  maxSimCodesExact,
  maxSimCodesMatches,
  maxSimRows,
  assignNearest,
  assignNearestAsync,
  accumulateSparse,
  topK,
  mapFile,
  adviseMapping,
  unmapFile,
};
