/**
 * Spherical k-means: centroids of unit length for points that are compared by inner product.
 *
 * Lloyd's iterations from a random sample of the points, the first ones over few points a centroid: centroids that are far from where
 * they will be need no exact means, and an iteration costs what it reads. A centroid that lost all its points is put where a point is
 * served worst, one with too many is halved where a bound is given. The result depends on points, options and seed alone, on one
 * instruction set and the next, but for the portable kernels, which round otherwise.
 */
import { assert } from '../base/assert.js';
import type { Random } from '../base/random.js';
import { centroidPanels } from '../kernels/training.js';
import { assignPoints, roomForBest, type PointRows } from './assign-points.js';
import { halveLargest, reseedEmpty, type Clusters } from './repair-clusters.js';
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
  /** After each iteration but the last, centroids with more points than so many times the mean are halved. Default: never. */
  readonly largestShare?: number;
  readonly signal?: StopSign | undefined;
  /** Told after each iteration: the mean inner product of the points it read with their centroids. */
  onIteration?(iteration: number, meanScore: number): void;
}

/** Points a centroid of a few cheap iterations that leave little to the expensive ones. */
export const usualWarmUp: readonly number[] = [16, 16, 16, 16, 32, 32, 64, 64];

/** Centroids float32[count, dim] of `points` float32[n, dim]. Blocks the thread: for build steps and workers. CANCELLED by the signal. */
export function trainKmeans(points: Float32Array, options: KmeansOptions): Float32Array {
  const { dim, count, random, warmUp = [], iterations, largestShare = Infinity } = options;
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
  sizes.forEach((size, iteration) => {
    const clusters = clustersOf({ points, dim, order, count: size }, centroids, options.signal);
    centroids = Float32Array.from(clusters.sums);
    reseedEmpty(centroids, clusters);
    if (iteration < sizes.length - 1) halveLargest(centroids, clusters, largestShare);
    normalizeRows(centroids, dim);
    options.onIteration?.(iteration, clusters.scores.reduce((sum, score) => sum + score, 0) / size);
  });
  return centroids;
}

/** Where `rows` go under `centroids`, and what lies in each. Sums rather than means: what follows makes them unit vectors. */
export function clustersOf(rows: PointRows, centroids: Float32Array, signal?: StopSign): Clusters {
  const { dim } = rows;
  const best = roomForBest(rows.count);
  const sums = new Float64Array(centroids.length);
  const counts = new Uint32Array(centroids.length / dim);
  const onPiece = (piece: Float32Array, first: number): void =>
    addRows(piece, best.assignments.subarray(first), { dim, sums, counts });
  assignPoints(rows, centroidPanels(centroids, null, dim), best, { signal, onPiece });
  return { rows, ...best, sums, counts };
}

function addRows(
  piece: Float32Array,
  assignments: Uint32Array,
  { dim, sums, counts }: { readonly dim: number; readonly sums: Float64Array; readonly counts: Uint32Array },
): void {
  for (let row = 0; row < piece.length / dim; row++) {
    const base = assignments[row]! * dim;
    const from = row * dim;
    counts[assignments[row]!]!++;
    for (let j = 0; j < dim; j++) sums[base + j]! += piece[from + j]!;
  }
}

/** `count` different rows of `points`, in random order: float32[count, dim]. */
export function sampleRows(
  points: Float32Array,
  dim: number,
  { count, random }: { readonly count: number; readonly random: Random },
): Float32Array {
  assert(count <= points.length / dim, 'there are as many rows as are wanted');
  return gatherRows(points, dim, shuffledRows(points.length / dim, random).subarray(0, count));
}

/** The numbers 0 .. count − 1 in random order. */
export function shuffledRows(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, row) => row);
  for (let i = 0; i < count; i++) {
    const other = i + random.below(count - i);
    const row = order[other]!;
    order[other] = order[i]!;
    order[i] = row;
  }
  return order;
}

/** Copies of the rows of `points` float32[n, dim] that `order` names. */
export function gatherRows(points: Float32Array, dim: number, order: Uint32Array): Float32Array {
  const rows = new Float32Array(order.length * dim);
  order.forEach((row, i) => rows.set(points.subarray(row * dim, (row + 1) * dim), i * dim));
  return rows;
}

/** Gives every row of `rows` float32[n, dim] unit length, in place; rows of zeros stay. */
export function normalizeRows(rows: Float32Array, dim: number): void {
  for (let from = 0; from < rows.length; from += dim) {
    let squares = 0;
    for (let j = from; j < from + dim; j++) squares += rows[j]! * rows[j]!;
    if (squares === 0) continue;
    const factor = 1 / Math.sqrt(squares);
    for (let j = from; j < from + dim; j++) rows[j]! *= factor;
  }
}
