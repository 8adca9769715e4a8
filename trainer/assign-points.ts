/**
 * Which centroid is best for each of many points? In pieces of a few milliseconds, between which a stop sign is looked at, and over any
 * selection of rows, without a copy of more than a piece.
 */
import { assert } from '../base/assert.js';
import { bestProducts, type BestCentroids, type CentroidPanels } from '../kernels/training.js';
import { refuseStopped, type StopSign } from './stop-sign.js';

/** Products of two numbers in a piece: two milliseconds of AVX-512, four of AVX2. */
const productsOfPiece = 100_000_000;
const pieceRowsMin = 8;
const pieceRowsMax = 4_096;

/** Rows of float32[n, dim]: the first `count` of `order`, or of the matrix where that is null. */
export interface PointRows {
  readonly points: Float32Array;
  readonly dim: number;
  readonly order: Uint32Array | null;
  readonly count: number;
}

/** All rows of `points` float32[n, dim]. */
export function allRows(points: Float32Array, dim: number): PointRows {
  assert(Number.isInteger(points.length / dim), 'points are whole rows');
  return { points, dim, order: null, count: points.length / dim };
}

export interface AssignOptions {
  readonly signal?: StopSign | undefined;
  /** Told of each piece: its rows float32[size, dim], which are overwritten afterwards, and the number of the first. */
  onPiece?(rows: Float32Array, first: number): void;
}

/** Fills `best` for each of `rows`, in their order. CANCELLED when the signal says so. */
export function assignPoints(
  rows: PointRows,
  centroids: CentroidPanels,
  best: BestCentroids,
  { signal, onPiece }: AssignOptions = {},
): void {
  const { dim, count, order } = rows;
  const wanted = Math.floor(productsOfPiece / (centroids.count * dim));
  const size = Math.min(Math.max(wanted, pieceRowsMin), pieceRowsMax, Math.max(count, 1));
  const gathered = order === null ? null : new Float32Array(size * dim);
  for (let first = 0; first < count; first += size) {
    refuseStopped(signal);
    const end = Math.min(first + size, count);
    const piece = rowsOfPiece(rows, first, end, gathered);
    bestProducts(piece, centroids, {
      assignments: best.assignments.subarray(first, end),
      scores: best.scores.subarray(first, end),
    });
    onPiece?.(piece, first);
  }
}

function rowsOfPiece(
  { points, dim, order }: PointRows,
  first: number,
  end: number,
  gathered: Float32Array | null,
): Float32Array {
  if (order === null || gathered === null) return points.subarray(first * dim, end * dim);
  for (let i = first; i < end; i++) {
    const row = order[i]!;
    gathered.set(points.subarray(row * dim, (row + 1) * dim), (i - first) * dim);
  }
  return gathered.subarray(0, (end - first) * dim);
}

/** Room for the answers of `count` points. */
export function roomForBest(count: number): BestCentroids {
  return { assignments: new Uint32Array(count), scores: new Float32Array(count) };
}
