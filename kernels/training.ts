/**
 * Which centroid is best for each of many points, in training? The third part of the door of kernels.ts, with its rules: shapes are
 * checked here, arrays given stay the caller's, a broken shape is INTERNAL.
 *
 * Formula, layout and tolerance: matrix-product/matrix-product.h. Faster than `assignNearest` and rounded otherwise: documents are
 * assigned by that one, never by this. Calls block the thread.
 */
import { assert } from '../base/assert.js';
import { callKernels as call } from './native.js';

const panelWidth = 16;

/** Centroids as the products want them. */
export interface CentroidPanels {
  readonly dim: number;
  /** Number of centroids. */
  readonly count: number;
  /** float32[ceil(count / 16), dim, 16] */
  readonly panels: Float32Array;
  /** float32[ceil(count / 16), 16] */
  readonly biases: Float32Array;
}

/** Copies `centroids` float32[count, dim] and `biases` float32[count], which are added to their products; null = zeros. */
export function centroidPanels(centroids: Float32Array, biases: Float32Array | null, dim: number): CentroidPanels {
  const count = centroids.length / dim;
  assert(Number.isInteger(count) && count >= 1, 'centroids are whole rows, at least one');
  assert(biases === null || biases.length === count, 'there is a bias for every centroid');
  const width = Math.ceil(count / panelWidth) * panelWidth;
  const made = { dim, count, panels: new Float32Array(width * dim), biases: new Float32Array(width) };
  call((kernels) => kernels.packPanels(centroids, biases, dim, made.panels, made.biases));
  return made;
}

/** What the products write, for each point: the number of the best centroid, ties to the smaller, and its product plus bias. */
export interface BestCentroids {
  readonly assignments: Uint32Array;
  readonly scores: Float32Array;
}

/** Fills `best` for `points` float32[n, dim]. NaN never wins; where nothing is a number: 0 and −Infinity. */
export function bestProducts(points: Float32Array, centroids: CentroidPanels, best: BestCentroids): void {
  const { dim, panels, biases } = centroids;
  const { assignments, scores } = best;
  assert(points.length === assignments.length * dim, 'points are whole rows, one for every answer');
  assert(scores.length === assignments.length, 'there is a score for every answer');
  call((kernels) => kernels.bestProducts(points, dim, panels, biases, assignments, scores));
}
