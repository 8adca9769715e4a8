/**
 * The second list of a vector that lies in two: one whose residual errs elsewhere than the first's.
 *
 * A query that does not come by a vector's first list has a residual against its centroid, and what that centroid gets wrong about the
 * query it also gets wrong about the vector. So of near centroids the one is taken with the least |x − c|² + ⟨x − c, r⟩² / |r|², r = what
 * the first list leaves of x (SOAR, Sun et al., NeurIPS 2023, with λ = 1): near, and with a residual across r.
 */
import { assert } from '../../base/assert.js';
import { assignNearest, topK } from '../../kernels/kernels.js';
import { listCountOf, type Structure } from './structure.js';

/** Centroids that are looked at, nearest first. */
const near = 24;

/**
 * uint32[n]: for each of `points` float32[n, dim], in list `firsts` uint32[n], another list; the same where there is no other. The same on
 * every machine, ties to the nearer centroid.
 */
export function secondLists(structure: Structure, points: Float32Array, firsts: Uint32Array): Uint32Array {
  const { dim } = structure;
  assert(points.length === firsts.length * dim, 'every point has dim values and a first list');
  const { centroids } = structure;
  const lengths = Float64Array.from({ length: listCountOf(structure) }, (_, list) =>
    product(centroids.subarray(list * dim, (list + 1) * dim), centroids, list * dim),
  );
  const room = new Float32Array(dim);
  return firsts.map((first, i) => {
    const point = points.subarray(i * dim, (i + 1) * dim);
    return secondList({ structure, lengths, room }, point, first);
  });
}

interface Near {
  readonly structure: Structure;
  /** Squared, of each centroid. */
  readonly lengths: Float64Array;
  readonly room: Float32Array;
}

function secondList({ structure, lengths, room: residual }: Near, point: Float32Array, first: number): number {
  const { centroids, dim } = structure;
  const { scores } = assignNearest(centroids, point, dim);
  for (let j = 0; j < dim; j++) residual[j] = point[j]! - centroids[first * dim + j]!;
  const norm = product(residual, residual, 0);
  const along = product(residual, point, 0);
  let [best, least] = [first, Infinity];
  for (const list of topK(scores, null, Math.min(near, listCountOf(structure)), -Infinity).rows) {
    if (list === first) continue;
    const across = along - product(residual, centroids, list * dim);
    const loss = lengths[list]! - 2 * scores[list]! + (norm > 0 ? (across * across) / norm : 0);
    if (loss < least) [best, least] = [list, loss];
  }
  return best;
}

function product(left: Float32Array, right: Float32Array, from: number): number {
  let sum = 0;
  for (let j = 0; j < left.length; j++) sum += left[j]! * right[from + j]!;
  return sum;
}
