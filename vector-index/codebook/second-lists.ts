/**
 * The second list of a vector that lies in two: one whose residual errs elsewhere than the first's.
 *
 * A query that does not come by a vector's first list has a residual against its centroid, and what that centroid gets wrong about the
 * query it also gets wrong about the vector. So of the lists around the first the one is taken with the least
 * |x − c|² + ⟨x − c, r⟩² / |r|², r = what the first list leaves of x (SOAR, Sun et al., NeurIPS 2023, with λ = 1): near, and with a
 * residual across r.
 */
import { present } from '../../base/assert.js';
import { secondNearest, secondNearestAsync, type Neighbourhoods } from '../../kernels/kernels.js';
import type { Structure } from './structure.js';

/**
 * uint32[n]: for each of `points` float32[n, dim], in list `firsts` uint32[n], another list; the same where there is no other. The same on
 * every machine, ties to the list that is named first around the first one. INTERNAL where the structure names none around each.
 */
export function secondLists(structure: Structure, points: Float32Array, firsts: Uint32Array): Uint32Array {
  return secondNearest(points, firsts, neighbourhoodsOf(structure));
}

/** As `secondLists`, off the event loop. */
export async function secondListsAsync(
  structure: Structure,
  points: Float32Array,
  firsts: Uint32Array,
): Promise<Uint32Array> {
  return secondNearestAsync(points, firsts, neighbourhoodsOf(structure));
}

function neighbourhoodsOf({ dim, centroids, around }: Structure): Neighbourhoods {
  return { dim, centroids, around: present(around, 'lists around each') };
}
