/** Portable twin of nearest-centroid.h: the same bits, since every product and every sum is rounded by itself. */
import { pause } from '../job.js';
import type { NativeKernels, NearestArrays } from '../native-kernels.js';

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
