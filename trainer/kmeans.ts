/**
 * Spherical k-means: centroids of unit length for points that are compared by inner product.
 *
 * Lloyd's iterations from a random sample of the points. A centroid that lost all its points is put where the worst-served point is,
 * so that none is wasted. The result depends on points, options and seed alone.
 */
import { assert } from '../base/assert.js';
import type { Random } from '../base/random.js';
import { assignNearest } from '../kernels/kernels.js';

export interface KmeansOptions {
  readonly dim: number;
  /** Number of centroids; at least one point each. */
  readonly count: number;
  readonly iterations: number;
  readonly random: Random;
  /** Told after each iteration: the mean inner product of points with their centroids. */
  onIteration?(iteration: number, meanScore: number): void;
}

/** Centroids float32[count, dim] of `points` float32[n, dim]. Blocks the thread: for build steps and workers. */
export function trainKmeans(points: Float32Array, options: KmeansOptions): Float32Array {
  const { dim, count, iterations, random } = options;
  const pointCount = points.length / dim;
  assert(Number.isInteger(pointCount), 'points are whole rows');
  assert(count >= 1 && count <= pointCount, 'there is a point for every centroid');
  let centroids = sampleRows(points, dim, { count, random });
  normalizeRows(centroids, dim);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const { assignments, scores } = assignNearest(points, centroids, dim);
    centroids = means(points, assignments, { dim, count });
    reseedEmpty(centroids, points, { dim, assignments, scores });
    normalizeRows(centroids, dim);
    options.onIteration?.(iteration, scores.reduce((sum, score) => sum + score, 0) / pointCount);
  }
  return centroids;
}

/** `count` different rows of `points`, in random order: float32[count, dim]. */
export function sampleRows(
  points: Float32Array,
  dim: number,
  { count, random }: { readonly count: number; readonly random: Random },
): Float32Array {
  const order = Uint32Array.from({ length: points.length / dim }, (_, row) => row);
  assert(count <= order.length, 'there are as many rows as are wanted');
  const rows = new Float32Array(count * dim);
  for (let i = 0; i < count; i++) {
    const other = i + random.below(order.length - i);
    const row = order[other]!;
    order[other] = order[i]!;
    rows.set(points.subarray(row * dim, (row + 1) * dim), i * dim);
  }
  return rows;
}

/** Sums rather than means: what follows makes them unit vectors. */
function means(
  points: Float32Array,
  assignments: Uint32Array,
  { dim, count }: { readonly dim: number; readonly count: number },
): Float32Array {
  const sums = new Float64Array(count * dim);
  for (let point = 0; point < assignments.length; point++) {
    const base = assignments[point]! * dim;
    const from = point * dim;
    for (let j = 0; j < dim; j++) sums[base + j]! += points[from + j]!;
  }
  return Float32Array.from(sums);
}

function reseedEmpty(
  centroids: Float32Array,
  points: Float32Array,
  {
    dim,
    assignments,
    scores,
  }: { readonly dim: number; readonly assignments: Uint32Array; readonly scores: Float32Array },
): void {
  const used = new Set(assignments);
  const empty = Array.from({ length: centroids.length / dim }, (_, centroid) => centroid).filter(
    (each) => !used.has(each),
  );
  if (empty.length === 0) return;
  const worst = Uint32Array.from(scores, (_, point) => point).sort((a, b) => scores[a]! - scores[b]! || a - b);
  empty.forEach((centroid, i) => {
    const point = worst[i]!;
    centroids.set(points.subarray(point * dim, (point + 1) * dim), centroid * dim);
  });
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
