/**
 * Where lists that have grown too long are divided: each by k-means with two centroids among its own vectors, and what is still too long once
 * more. No other list is looked at.
 */
import type { Random } from '../../base/random.js';
import { assignNearest } from '../../kernels/kernels.js';
import type { ListParts } from '../../vector-index/codebook/split-structure.js';
import { trainKmeans } from '../kmeans.js';
import { gatherRows } from '../rows.js';

const iterations = 10;
/** A half that would get less than this share is not worth its centroid: what is left is as long as before. */
const leastShare = 1 / 16;
const partsMax = 64;

/** A list that is to be divided. */
export interface LongList {
  readonly list: number;
  /** Vectors that lie in it. */
  readonly size: number;
  /** float32[n, dim], n ≥ 1: some of them, or all. */
  readonly vectors: Float32Array;
}

export interface DivideOptions {
  readonly dim: number;
  /** Vectors that a part shall have at most. */
  readonly partSize: number;
  /** Lists that may be added. */
  readonly addedMax: number;
  readonly random: Random;
}

/** The parts of those of `lists` that can be divided, first ones first; none of lists whose vectors are alike. Blocks the thread. */
export function divideLists(lists: readonly LongList[], options: DivideOptions): ListParts {
  const parts = new Map<number, Float32Array>();
  let left = options.addedMax;
  for (const long of lists) {
    const own = divideList(long, { ...options, addedMax: Math.min(left, partsMax - 1) });
    if (own === null) continue;
    left -= own.length / options.dim - 1;
    parts.set(long.list, own);
  }
  return parts;
}

/** Vectors that may become a part, and the centroid that they would have; null where they are the whole list. */
interface Part {
  readonly vectors: Float32Array;
  readonly centroid: Float32Array | null;
}

/** float32[n ≥ 2, dim]; null where the list cannot be divided. */
function divideList({ vectors, size }: LongList, options: DivideOptions): Float32Array | null {
  const { dim, partSize, addedMax } = options;
  const rows = vectors.length / dim;
  const rowsMax = (partSize * rows) / size;
  const open: Part[] = [{ vectors, centroid: null }];
  const closed: Float32Array[] = [];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    const isLong = part.vectors.length / dim > rowsMax && open.length + closed.length < addedMax;
    const halves = isLong ? halve(part.vectors, options) : null;
    if (halves !== null) open.push(...halves);
    else if (part.centroid !== null) closed.push(part.centroid);
  }
  if (closed.length < 2) return null;
  const centroids = new Float32Array(closed.length * dim);
  closed.forEach((centroid, i) => centroids.set(centroid, i * dim));
  return centroids;
}

/** Two parts of `vectors`, neither much smaller than the other; null where there are none. */
function halve(vectors: Float32Array, { dim, random }: DivideOptions): readonly Part[] | null {
  if (vectors.length < 2 * dim) return null;
  const centroids = trainKmeans(vectors, { dim, count: 2, iterations, random });
  const { assignments } = assignNearest(vectors, centroids, dim);
  const parts = [0, 1].map((half) => ({
    vectors: gatherRows(
      vectors,
      dim,
      Uint32Array.from(assignments.keys()).filter((row) => assignments[row] === half),
    ),
    centroid: centroids.slice(half * dim, (half + 1) * dim),
  }));
  const isDivided = parts.every(
    (part) => part.vectors.length > 0 && part.vectors.length >= vectors.length * leastShare,
  );
  return isDivided ? parts : null;
}
