/** Portable twin of nearest-centroid.h: the same bits, since every product and every sum is rounded by itself. */
import { assert } from '../../base/assert.js';
import { pause } from '../job.js';
import type { NativeKernels, NearestArrays, SecondListsArrays } from '../native-kernels.js';

/** See `NativeKernels.assignNearest`. */
export function assignNearest(...[points, centroids, dim, , assignments, scores]: NearestArrays): void {
  for (let p = 0; p < assignments.length; p++) assignPoint(points, p, centroids, { dim, assignments, scores });
}

/** See `NativeKernels.assignNearestAsync`. */
export const assignNearestAsync: NativeKernels['assignNearestAsync'] = async (...arrays) => {
  const [points, centroids, dim, , assignments, scores, cancel] = arrays;
  for (let p = 0; p < assignments.length; p++) {
    await pause();
    if (cancel[0] !== 0) return -1;
    assignPoint(points, p, centroids, { dim, assignments, scores });
  }
  return 0;
};

/** See `NativeKernels.secondLists`. */
export function secondLists(...[points, firsts, centroids, around, residual, seconds]: SecondListsArrays): void {
  const dim = residual.length;
  const lists = centroids.length / dim;
  const width = around.length / lists;
  const isList = (list: number): boolean => list < lists;
  assert(firsts.every(isList) && around.every(isList), 'refused: lists are those of the centroids');
  for (let p = 0; p < firsts.length; p++) {
    const first = firsts[p]!;
    for (let j = 0; j < dim; j++) residual[j] = points[p * dim + j]! - centroids[first * dim + j]!;
    const left = { points, from: p * dim, centroids, residual };
    seconds[p] = secondList(left, first, around.subarray(first * width, (first + 1) * width));
  }
}

/** See `NativeKernels.secondListsAsync`. */
export async function secondListsAsync(...arrays: SecondListsArrays): Promise<number> {
  await pause();
  secondLists(...arrays);
  return 0;
}

function secondList(left: Left, first: number, near: Uint32Array): number {
  const norm = productsOf(left, first).squares;
  let [best, least] = [first, Infinity];
  for (const list of near) {
    if (list === first) continue;
    const { squares, along } = productsOf(left, list);
    const loss = squares + (norm > 0 ? (along * along) / norm : 0);
    if (loss < least) [best, least] = [list, loss];
  }
  return best;
}

/** A point, at points[from], and what its first centroid leaves of it. */
interface Left {
  readonly points: Float32Array;
  readonly from: number;
  readonly centroids: Float32Array;
  readonly residual: Float32Array;
}

const lanes = 16;

/** Of d = point − centroid: |d|² and ⟨d, residual⟩. */
function productsOf({ points, from, centroids, residual }: Left, list: number): { squares: number; along: number } {
  const dim = residual.length;
  const squares = new Float32Array(lanes);
  const along = new Float32Array(lanes);
  for (let j = 0; j < dim; j++) {
    const difference = Math.fround(points[from + j]! - centroids[list * dim + j]!);
    squares[j % lanes]! += Math.fround(difference * difference);
    along[j % lanes]! += Math.fround(difference * residual[j]!);
  }
  return { squares: sumOf(squares), along: sumOf(along) };
}

function sumOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

interface Outputs {
  readonly dim: number;
  readonly assignments: Uint32Array;
  readonly scores: Float32Array;
}

function assignPoint(points: Float32Array, p: number, centroids: Float32Array, outputs: Outputs): void {
  const { dim } = outputs;
  let best = -Infinity;
  let index = 0;
  for (let c = 0; c < centroids.length / dim; c++) {
    const sum = product(points, p * dim, centroids, { start: c * dim, dim });
    if (sum > best) {
      best = sum;
      index = c;
    }
  }
  outputs.assignments[p] = index;
  outputs.scores[p] = best;
}

function product(a: Float32Array, start: number, b: Float32Array, other: { start: number; dim: number }): number {
  let sum = 0;
  for (let j = 0; j < other.dim; j++) sum = Math.fround(sum + Math.fround(a[start + j]! * b[other.start + j]!));
  return sum;
}
