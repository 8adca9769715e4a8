/**
 * Spherical k-means: centroids of unit length for points that are compared by inner product.
 *
 * Lloyd's iterations from a random sample of the points, the first ones over few points a centroid: centroids that are far from where
 * they will be need no exact means, and an iteration costs what it reads. An iteration over the same points as the one before it looks for
 * a point's centroid near its last one only. A centroid that lost all its points is put where a point is
 * served worst, one with too many is halved where a bound is given. The result depends on points, options and seed alone, on one
 * instruction set and the next, but for the portable kernels, which round otherwise.
 */
import { assert } from '../base/assert.js';
import type { Random } from '../base/random.js';
import { addRows, centroidPanels } from '../kernels/training.js';
import { assignPoints, roomForBest, type PointRows } from './assign-points.js';
import { nearClustersOf, nearCount, nearestCentroids } from './near-clusters.js';
import { halveLargest, reseedEmpty, type Clusters } from './repair-clusters.js';
import { gatherRows, normalizeRows, shuffledRows } from './rows.js';
import type { StopSign } from './stop-sign.js';

export interface KmeansOptions {
  readonly dim: number;
  /** Number of centroids; at least one point each. */
  readonly count: number;
  /** Iterations over all points. */
  readonly iterations: number;
  readonly random: Random;
  /** Points a centroid of the iterations before those; each reads so many, or all where there are fewer. */
  readonly warmUp?: readonly number[];
  /** Before iterations over more points, centroids with more than so many times the mean are halved. Default: never. */
  readonly largestShare?: number;
  readonly signal?: StopSign | undefined;
  /** Told after each iteration: the mean inner product of the points it read with their centroids. */
  onIteration?(iteration: number, meanScore: number): void;
}

/** Points a centroid of a few cheap iterations that leave little to the expensive ones. */
export const usualWarmUp: readonly number[] = [16, 16, 16, 16, 16, 64, 64, 64, 64];

/** Times as many centroids as are looked at by an iteration among near ones, for it to be worth its own overhead. */
const nearWorthwhile = 3;

/** Centroids float32[count, dim] of `points` float32[n, dim]. Blocks the thread: for build steps and workers. CANCELLED by the signal. */
export function trainKmeans(points: Float32Array, options: KmeansOptions): Float32Array {
  const { dim, count, random, warmUp = [], iterations, largestShare = Infinity, signal } = options;
  const pointCount = points.length / dim;
  assert(Number.isInteger(pointCount), 'points are whole rows');
  assert(count >= 1 && count <= pointCount, 'there is a point for every centroid');
  const order = shuffledRows(pointCount, random);
  const sizes = [
    ...warmUp.map((each) => Math.min(each * count, pointCount)),
    ...Array<number>(iterations).fill(pointCount),
  ];
  let centroids = gatherRows(points, dim, order.subarray(0, count));
  normalizeRows(centroids, dim);
  let last: Clusters | null = null;
  let near: Uint32Array | null = null;
  sizes.forEach((size, iteration) => {
    if (last?.rows.count === size && count > nearWorthwhile * nearCount) {
      near ??= nearestCentroids(centroids, dim, signal);
      last = nearClustersOf(last, centroids, { near, signal });
    } else {
      last = clustersOf({ points, dim, order, count: size }, centroids, signal);
      near = null;
    }
    centroids = Float32Array.from(last.sums);
    reseedEmpty(centroids, last);
    if (sizes[iteration + 1] !== undefined && sizes[iteration + 1] !== size)
      halveLargest(centroids, last, largestShare);
    normalizeRows(centroids, dim);
    options.onIteration?.(iteration, last.scores.reduce((sum, score) => sum + score, 0) / size);
  });
  return centroids;
}

/** Where `rows` go under `centroids`, and what lies in each. */
export function clustersOf(rows: PointRows, centroids: Float32Array, signal?: StopSign): Clusters {
  const { dim } = rows;
  const clusters = {
    rows,
    ...roomForBest(rows.count),
    sums: new Float64Array(centroids.length),
    counts: new Uint32Array(centroids.length / dim),
  };
  const onPiece = (piece: Float32Array, first: number): void =>
    addRows(piece, dim, clusters.assignments.subarray(first, first + piece.length / dim), clusters);
  assignPoints(rows, centroidPanels(centroids, null, dim), clusters, { signal, onPiece });
  return clusters;
}
