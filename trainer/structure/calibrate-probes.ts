/**
 * How many lists does a query have to read, for a recall? Measured: where the exact neighbours of held-out vectors and of short or far
 * queries lie in each query's own order of lists. Over a sample neighbours are farther than over the whole, so the answer errs upwards.
 */
import { ShoalError } from '../../base/errors.js';
import { scoreDense, toFloat16, topK } from '../../kernels/kernels.js';
import { listCountOf, nearestLists, type Structure } from '../../vector-index/codebook/structure.js';
import { centroidPanels } from '../../kernels/training.js';
import { allRows, assignPoints, roomForBest } from '../assign-points.js';
import { refuseStopped, type StopSign } from '../stop-sign.js';

export interface ProbeSample {
  /** float32[n, dim]: what is searched. */
  readonly vectors: Float32Array;
  /** float32[m, dim]: queries near the data, vectors that are not among those searched. */
  readonly near: Float32Array;
  /** float32[m, dim]: short queries, which lie far from the data; null = none. */
  readonly short: Float32Array | null;
}

export interface CalibrateOptions {
  /** Above 0 and below 1, of the k nearest. */
  readonly targetRecall: number;
  /** 10 */
  readonly k?: number;
  /** Share of the neighbours in the lists read that codes do not lose: probes make up for the rest; 0.995. */
  readonly codeRecall?: number;
  readonly signal?: StopSign;
}

export interface Probes {
  /** Lists that a query reads, for queries near the data and for short ones (the same where none were given). */
  readonly nprobe: number;
  readonly nprobeShort: number;
  /** Share of the neighbours that lie in so many lists. */
  readonly recall: number;
  readonly recallShort: number;
}

const usualK = 10;
const usualCodeRecall = 0.995;
/** Rows that are scored between two looks at the stop sign. */
const rowsBetweenLooks = 65_536;

/** Blocks the thread: for workers and builds. INVALID_ARGUMENT without vectors or queries to measure with. */
export function calibrateProbes(structure: Structure, sample: ProbeSample, options: CalibrateOptions): Probes {
  const { dim } = structure;
  const { targetRecall, codeRecall = usualCodeRecall } = options;
  if (!(targetRecall > 0 && targetRecall < 1)) {
    throw new ShoalError('INVALID_ARGUMENT', `the target recall is ${targetRecall}; give a number between 0 and 1`);
  }
  if (sample.vectors.length === 0 || sample.near.length === 0) {
    throw new ShoalError('INVALID_ARGUMENT', 'there is nothing to calibrate with; give vectors, and queries near them');
  }
  const best = roomForBest(sample.vectors.length / dim);
  assignPoints(allRows(sample.vectors, dim), centroidPanels(structure.centroids, null, dim), best, options);
  const searched = { structure, rows: toFloat16(sample.vectors), lists: best.assignments };
  const wanted = Math.min(targetRecall / codeRecall, 1);
  const near = leastProbes(recallByProbes(searched, sample.near, options), wanted);
  const short =
    sample.short === null || sample.short.length === 0
      ? near
      : leastProbes(recallByProbes(searched, sample.short, options), wanted);
  return { nprobe: near.nprobe, recall: near.recall, nprobeShort: short.nprobe, recallShort: short.recall };
}

interface Searched {
  readonly structure: Structure;
  /** Half bits [n, dim] and uint32[n]. */
  readonly rows: Uint16Array;
  readonly lists: Uint32Array;
}

/** float64[lists]: the share of the k nearest that lie in the first 1, 2, ... lists of their queries. */
function recallByProbes(
  { structure, rows, lists }: Searched,
  queries: Float32Array,
  { k = usualK, signal }: CalibrateOptions,
): Float64Array {
  const { dim } = structure;
  const found = new Float64Array(listCountOf(structure));
  const ranks = new Uint32Array(found.length);
  const scores = new Float32Array(lists.length);
  let neighbours = 0;
  for (let from = 0; from < queries.length; from += dim) {
    const query = queries.subarray(from, from + dim);
    for (let first = 0; first < lists.length; first += rowsBetweenLooks) {
      refuseStopped(signal);
      const size = Math.min(rowsBetweenLooks, lists.length - first);
      const numbers = Uint32Array.from({ length: size }, (_, i) => first + i);
      scores.set(scoreDense(rows, dim, query, numbers), first);
    }
    nearestLists(structure, query, found.length).forEach((list, rank) => (ranks[list] = rank));
    for (const row of topK(scores, null, k, -Infinity).rows) {
      found[ranks[lists[row]!]!]! += 1;
      neighbours += 1;
    }
  }
  let sum = 0;
  return found.map((count) => (sum += count) / Math.max(neighbours, 1));
}

/** The smallest number of lists that reaches `wanted`; all of them where rounding leaves the last a little below. */
function leastProbes(recalls: Float64Array, wanted: number): { readonly nprobe: number; readonly recall: number } {
  const first = recalls.findIndex((recall) => recall >= wanted);
  const nprobe = first < 0 ? recalls.length : first + 1;
  return { nprobe, recall: recalls[nprobe - 1]! };
}
