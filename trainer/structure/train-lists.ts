/**
 * The inverted lists of a collection: centroids that route, balanced, and the mean of each list.
 *
 * Centroids are of unit length and compared by inner product, as documents and queries are routed. Their list's mean is another point:
 * residuals to it are smaller than those to the centroid.
 */
import type { Random } from '../../base/random.js';
import { allRows } from '../assign-points.js';
import { clustersOf, gatherRows, normalizeRows, sampleRows, trainKmeans, usualWarmUp } from '../kmeans.js';
import { halveLargest, type Clusters } from '../repair-clusters.js';
import type { StopSign } from '../stop-sign.js';

/** More points a list than these change centroids by less than another seed does. */
const pointsPerListMax = 256;
const iterations = 2;
/** Rounds of halving lists that are still too long after the iterations; each reads all vectors once. */
const balanceRounds = 8;

export interface TrainListsOptions {
  readonly dim: number;
  /** At most the number of vectors. */
  readonly lists: number;
  /** Lists of more than so many times the mean are halved; those of equal vectors cannot be. */
  readonly largestShare: number;
  readonly random: Random;
  readonly signal?: StopSign | undefined;
  onProgress?(share: number): void;
}

/** No list is empty: fewer come back where vectors are equal. */
export interface TrainedLists {
  /** float32[lists, dim], of unit length but for a list of zero vectors. */
  readonly centroids: Float32Array;
  /** float32[lists, dim] */
  readonly means: Float32Array;
  /** uint32[n]: the list of every vector. */
  readonly assignments: Uint32Array;
  /** Mean inner product of the vectors with their centroids. */
  readonly objective: number;
}

/** Lists of `vectors` float32[n, dim], finite. */
export function trainLists(vectors: Float32Array, options: TrainListsOptions): TrainedLists {
  const { dim, lists, largestShare, random, signal } = options;
  const pointsMax = pointsPerListMax * lists;
  const points = vectors.length > pointsMax * dim ? sampleRows(vectors, dim, { count: pointsMax, random }) : vectors;
  const steps = usualWarmUp.length + iterations;
  const centroids = trainKmeans(points, {
    ...{ dim, count: lists, iterations, random, warmUp: usualWarmUp, largestShare, signal },
    onIteration: (iteration) => options.onProgress?.((iteration + 1) / (steps + 1)),
  });
  const balanced = balance(vectors, centroids, options);
  options.onProgress?.(1);
  return withoutEmpty(balanced.centroids, balanced.clusters);
}

/** Halves lists until none is too long, or none gets shorter any more. */
function balance(
  vectors: Float32Array,
  centroids: Float32Array,
  { dim, largestShare, signal }: TrainListsOptions,
): { readonly centroids: Float32Array; readonly clusters: Clusters } {
  let clusters = clustersOf(allRows(vectors, dim), centroids, signal);
  for (let round = 0; round < balanceRounds; round++) {
    const { counts, rows, sums } = clusters;
    if (!counts.some((count) => count > (largestShare * rows.count) / counts.length)) break;
    const next = centroids.slice();
    counts.forEach((count, list) => {
      if (count > 0) next.set(sums.subarray(list * dim, (list + 1) * dim), list * dim);
    });
    halveLargest(next, clusters, largestShare);
    normalizeRows(next, dim);
    const after = clustersOf(rows, next, signal);
    if (largestOf(after.counts) >= largestOf(counts)) break;
    centroids = next;
    clusters = after;
  }
  return { centroids, clusters };
}

function largestOf(counts: Uint32Array): number {
  return counts.reduce((largest, count) => Math.max(largest, count), 0);
}

function withoutEmpty(centroids: Float32Array, { rows, assignments, scores, sums, counts }: Clusters): TrainedLists {
  const { dim, count } = rows;
  const used = Uint32Array.from(counts.keys()).filter((list) => counts[list]! > 0);
  const numbers = new Uint32Array(counts.length);
  used.forEach((list, number) => (numbers[list] = number));
  const means = new Float32Array(used.length * dim);
  for (let i = 0; i < means.length; i++) {
    const list = used[Math.floor(i / dim)]!;
    means[i] = sums[list * dim + (i % dim)]! / counts[list]!;
  }
  return {
    centroids: gatherRows(centroids, dim, used),
    means,
    assignments: assignments.map((list) => numbers[list]!),
    objective: scores.reduce((sum, score) => sum + score, 0) / count,
  };
}
