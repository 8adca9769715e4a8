/** Portable twin of the coarse step of list-search.h: the same lists in the same order. */
import { unpackBlocks } from '../adc-scan/portable.js';
import { buildLookupTable } from '../lookup-table/portable.js';
import type { NativeKernels } from '../native-kernels.js';
import { quantizeQuery } from '../second-code/portable.js';
import { rowProduct } from './row-product.js';

const ksub = 16;
const survivorsEach = 4;
const survivorsSpare = 64;
const listsASurvivor = 256;

export interface CoarseArrays {
  readonly dim: number;
  readonly lists: number;
  readonly centroids: Float32Array | null;
}

/** As of `NativeKernels.routeWith`. */
export interface CentroidCodes {
  readonly words: Float32Array;
  readonly dsub: number;
  readonly scales: Float64Array;
  readonly blocks: Uint8Array;
  readonly rows: Int8Array;
  readonly rowScales: Float32Array;
}

/** How many centroids are compared by bytes, to choose so many candidates by; 0 = all are compared as they are. */
export function codedSurvivors(lists: number, candidates: number): number {
  const wanted = survivorsEach * candidates + survivorsSpare + Math.floor(lists / listsASurvivor);
  return wanted < lists ? wanted : 0;
}

/** See `NativeKernels.quantizeCentroids`. */
export const quantizeCentroids: NativeKernels['quantizeCentroids'] = (centroids, dim, rows, scales) => {
  const padded = rows.length / scales.length;
  for (let c = 0; c < scales.length; c++) {
    const centroid = centroids.subarray(c * dim, (c + 1) * dim);
    scales[c] = quantizeQuery(centroid, rows.subarray(c * padded, (c + 1) * padded)) * 2;
  }
};

/** The best `candidates` of `lists` by the codes and bytes of their centroids, nearest first. */
export function nearestByCodes(
  { rows, rowScales, ...codes }: CentroidCodes,
  lists: number,
  query: Float32Array,
  { survivors, candidates }: { readonly survivors: number; readonly candidates: number },
): number[] {
  const sums = sumsOf(codes, lists, query);
  const width = rows.length / lists;
  const levels = new Int8Array(width);
  quantizeQuery(query, levels);
  return upTo(lists)
    .map((list) => ({ list, score: sums[list]! }))
    .sort(nearer)
    .slice(0, survivors)
    .map(({ list }) => {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += levels[j]! * rows[list * width + j]!;
      return { list, score: Math.fround(Math.fround(sum) * rowScales[list]!) };
    })
    .sort(nearer)
    .slice(0, candidates)
    .map(({ list }) => list);
}

/** S of every centroid. */
function sumsOf(
  { words, dsub, scales, blocks }: Omit<CentroidCodes, 'rows' | 'rowScales'>,
  lists: number,
  query: Float32Array,
): Float64Array {
  const padded = new Float32Array(words.length / ksub);
  padded.set(query);
  const subquantizers = padded.length / dsub;
  const pairs = ((subquantizers + 3) & ~3) / 2;
  const [levels, scale] = [new Uint8Array(2 * pairs * ksub), new Float64Array(3)];
  buildLookupTable(words, padded, dsub, scales, new Float32Array(subquantizers * ksub), levels, scale);
  const [, offset, anchorWeight] = scale;
  const [codes, factors] = [new Uint8Array(lists * pairs), new Int16Array(2 * lists)];
  unpackBlocks(codes, factors, pairs, blocks);
  return Float64Array.from({ length: lists }, (_, list) => {
    let sum = offset!;
    for (let p = 0; p < pairs; p++) {
      const byte = codes[list * pairs + p]!;
      sum += levels[2 * p * ksub + (byte & 15)]! + levels[(2 * p + 1) * ksub + (byte >> 4)]!;
    }
    return factors[2 * list]! * sum + factors[2 * list + 1]! * anchorWeight!;
  });
}

/** 0, 1, … */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Lists `of` by their centroids, nearest first. */
export function nearestLists({ centroids }: CoarseArrays, query: Float32Array, of: readonly number[]): number[] {
  return of
    .map((list) => ({ list, score: rowProduct(query, centroids!, list) }))
    .sort(nearer)
    .map(({ list }) => list);
}

/** A list and ⟨query, its centroid or base⟩. */
export interface Scored {
  readonly list: number;
  readonly score: number;
}

/** NaN comes last; ties go to the smaller list. */
export function nearer(a: Scored, b: Scored): number {
  if (Number.isNaN(a.score) || Number.isNaN(b.score)) {
    const both = Number(Number.isNaN(a.score)) - Number(Number.isNaN(b.score));
    return both !== 0 ? both : a.list - b.list;
  }
  return b.score - a.score || a.list - b.list;
}
