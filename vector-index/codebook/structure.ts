/**
 * The structure of a collection as a coordinator needs it: coarse centroids, which say in which inverted list a vector belongs, and
 * routes, which say which lists a query probes first. Its file: `structure-file.ts`.
 */
import { assert } from '../../base/assert.js';
import { assignNearest, assignNearestAsync, topK } from '../../kernels/kernels.js';
import { ListRouter } from './list-router.js';
import { productsInline, SplitLists, type Descent, type SplitStructure } from './split-lists.js';

/** Lists that a structure may have. */
export const listsMax = 65_536;

/** Values of routes from which on something is made of them that answers faster. */
const routerValues = 65_536;

export interface Structure {
  readonly dim: number;
  /** float32[lists, dim], row-major; never changed. */
  readonly centroids: Float32Array;
  /** float32[lists, dim]: what queries are compared with to choose lists, larger products first; left out = the centroids. */
  readonly routing?: Float32Array;
  /**
   * uint32[lists, n ≥ 1]: other lists near each, nearest first, among which its vectors get a second one; left out = one list each. Not
   * together with `descent`: lists of vectors that lie in two are not split.
   */
  readonly around?: Uint32Array;
  /** Left out = trained as it is. */
  readonly descent?: Descent;
}

/** Number of inverted lists. */
export function listCountOf(structure: Structure): number {
  return structure.centroids.length / structure.dim;
}

/**
 * uint32[n]: the list of each of `points` float32[n, dim], by the reference kernel: the same on every machine, ties to the smaller list. Where
 * lists were split it is a part of the nearest trained list.
 */
export async function nearestList(structure: Structure, points: Float32Array): Promise<Uint32Array> {
  const { centroids, dim, descent } = structure;
  const isSmall = points.length * ((descent?.trained ?? centroids).length / dim) <= productsInline;
  if (descent !== undefined) {
    const splits = splitsOf({ centroids, dim, descent });
    return isSmall ? splits.assign(points) : splits.assignAsync(points);
  }
  if (isSmall) return assignNearest(points, centroids, dim).assignments;
  return (await assignNearestAsync(points, centroids, dim)).assignments;
}

/**
 * uint32[min(n, lists)]: the lists that `query` float32[dim] reads first, by its routes, ties to the smaller list. Where no routes were
 * learned the first is the list that a vector like it lies in, unless two are equally near but for rounding. The same on every machine.
 */
export function nearestLists({ centroids, routing, dim }: Structure, query: Float32Array, n: number): Uint32Array {
  assert(query.length === dim, 'the query has dim values');
  const rows = routing ?? centroids;
  if (rows.length >= routerValues) return routerOf(rows, dim).nearest(query, n);
  const { scores } = assignNearest(rows, query, dim);
  return topK(scores, null, n, -Infinity).rows;
}

// What is made of tables that never change: it goes when they go.
const routers = new WeakMap<Float32Array, ListRouter>();
const splitLists = new WeakMap<Descent, SplitLists>();

function splitsOf(structure: SplitStructure): SplitLists {
  const known = splitLists.get(structure.descent);
  if (known?.isOf(structure) === true) return known;
  const splits = new SplitLists(structure);
  splitLists.set(structure.descent, splits);
  return splits;
}

function routerOf(rows: Float32Array, dim: number): ListRouter {
  const known = routers.get(rows);
  if (known !== undefined) return known;
  const router = new ListRouter(rows, dim);
  routers.set(rows, router);
  return router;
}
