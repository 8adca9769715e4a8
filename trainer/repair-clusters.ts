/** What Lloyd's iterations do not mend by themselves: centroids without points, and centroids with far too many. */
import type { PointRows } from './assign-points.js';

/** An assignment of `rows`, with what lies in each cluster. */
export interface Clusters {
  readonly rows: PointRows;
  /** uint32[rows.count] and float32[rows.count]: the cluster of each row, and its inner product with the centroid. */
  readonly assignments: Uint32Array;
  readonly scores: Float32Array;
  /** float64[clusters, dim]: the sum of the rows of each. */
  readonly sums: Float64Array;
  /** uint32[clusters] */
  readonly counts: Uint32Array;
}

/** The halves of a cluster lie so far from its centroid, one in either direction, in turns by dimension. */
const nudge = 1 / 256;

/** Puts `centroids` float32[clusters, dim] without points where points are served worst, by what they lack to their own length. */
export function reseedEmpty(centroids: Float32Array, { rows, scores, counts }: Clusters): void {
  const empty = numbersWhere(counts, (count) => count === 0);
  if (empty.length === 0) return;
  const { points, dim, order } = rows;
  const losses = scores.map((score, i) => lengthOf(points, dim, order?.[i] ?? i) - score);
  const least = losses.slice().sort()[Math.max(losses.length - empty.length, 0)]!;
  let next = 0;
  for (let i = 0; i < losses.length && next < empty.length; i++) {
    if (losses[i]! < least || !(losses[i]! > 0)) continue;
    const row = order?.[i] ?? i;
    centroids.set(points.subarray(row * dim, (row + 1) * dim), empty[next++]! * dim);
  }
}

/**
 * Gives a half of each cluster of more than `share` times the mean to the centroid with the fewest points, whose own go elsewhere.
 * `centroids` are those of the next iteration, given unit length afterwards; at most a quarter of them move at once.
 */
export function halveLargest(centroids: Float32Array, { rows, counts }: Clusters, share: number): void {
  const limit = (share * rows.count) / counts.length;
  const large = numbersWhere(counts, (count) => count > limit).sort((a, b) => counts[b]! - counts[a]! || a - b);
  if (large.length === 0) return;
  const small = numbersWhere(counts, (count) => count <= limit).sort((a, b) => counts[a]! - counts[b]! || a - b);
  const pairs = Math.min(large.length, small.length, Math.ceil(counts.length / 4));
  for (let i = 0; i < pairs; i++) split(centroids, rows.dim, large[i]!, small[i]!);
}

function split(centroids: Float32Array, dim: number, from: number, to: number): void {
  for (let j = 0; j < dim; j++) {
    const value = centroids[from * dim + j]!;
    const off = j % 2 === 0 ? nudge : -nudge;
    centroids[to * dim + j] = value * (1 + off);
    centroids[from * dim + j] = value * (1 - off);
  }
}

function numbersWhere(counts: Uint32Array, isWanted: (count: number) => boolean): number[] {
  return [...counts.keys()].filter((cluster) => isWanted(counts[cluster]!));
}

function lengthOf(points: Float32Array, dim: number, row: number): number {
  let squares = 0;
  for (let j = row * dim; j < (row + 1) * dim; j++) squares += points[j]! * points[j]!;
  return Math.sqrt(squares);
}
