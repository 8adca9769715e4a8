/** The portable twins of all kernels as one object, which stands in for the addon where there is none. */
import { packBlocks, scanLists, unpackBlocks } from './adc-scan/portable.js';
import { checkBlocks, checkBlocksAsync } from './checksum/portable.js';
import { assignNearest, assignNearestAsync, secondLists, secondListsAsync } from './nearest-centroid/portable.js';
import { scanDense, scoreDense, sumBytes } from './dense-scan/portable.js';
import { toFloat16, toFloat32 } from './float16/portable.js';
import { quantizeCentroids } from './list-search/portable-coarse.js';
import { closeSearcher, openScratch, search, searchAsync, searchWorkBytes } from './list-search/portable.js';
import {
  addRowColumn,
  addSearchColumn,
  openSearcher,
  routeWith,
  scanWith,
  setFirstColumn,
} from './list-search/portable-columns.js';
import { buildLookupTable } from './lookup-table/portable.js';
import { adviseMapping, isTornMapping, mapFile, unmapFile } from './mapped-file/portable.js';
import { addRows, bestProducts, gatherRows, packPanels } from './matrix-product/portable.js';
import { maxSimCodes, maxSimCodesExact, maxSimCodesMatches, maxSimRows } from './max-sim/portable.js';
import type { NativeKernels } from './native-kernels.js';
import { encodeVectors } from './product-code/portable.js';
import { encodeBatch, encodeBatchAsync, encodeSecond, quantizeQuery, scoreSurvivors } from './second-code/portable.js';
import { searchPostings, searchPostingsAsync } from './sparse/portable-search.js';
import { accumulateSparse, topK } from './sparse/portable.js';

export const portableKernels: NativeKernels = {
  available: () => ['typescript'],
  select: () => undefined,
  selected: () => 'typescript',
  bytesPastLine: () => 0,
  scanDense,
  scoreDense,
  sumBytes,
  toFloat16,
  toFloat32,
  maxSimCodes,
  maxSimCodesExact,
  maxSimCodesMatches,
  maxSimRows,
  assignNearest,
  assignNearestAsync,
  secondLists,
  secondListsAsync,
  accumulateSparse,
  topK,
  searchPostings,
  searchPostingsAsync,
  buildLookupTable,
  encodeVectors,
  encodeSecond,
  encodeBatch,
  encodeBatchAsync,
  packBlocks,
  unpackBlocks,
  scanLists,
  quantizeQuery,
  scoreSurvivors,
  openSearcher,
  addSearchColumn,
  addRowColumn,
  setFirstColumn,
  scanWith,
  quantizeCentroids,
  routeWith,
  closeSearcher,
  searchWorkBytes,
  openScratch,
  search,
  searchAsync,
  packPanels,
  bestProducts,
  gatherRows,
  addRows,
  checkBlocks,
  checkBlocksAsync,
  mapFile,
  adviseMapping,
  isTornMapping,
  unmapFile,
};
