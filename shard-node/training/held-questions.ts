/** What a training is measured with: some of its vectors, asked as queries, and short questions, or what is as far from the data. */
import { seededRandom, type Random } from '../../base/random.js';
import { farQueries } from '../../trainer/structure/far-queries.js';
import type { TrainingTask } from './run-training.js';

/** Vectors, and short questions, that are asked as queries, and at most this share of the sample. */
const heldOutMax = 300;
const heldOutShare = 0.1;

/** Takes some rows out of the sample, whose last rows take their places. */
export function holdOut(
  { vectors, dim }: Pick<TrainingTask, 'vectors' | 'dim'>,
  random: Random,
): { readonly vectors: Float32Array; readonly queries: Float32Array } {
  const rows = vectors.length / dim;
  const count = Math.min(heldOutMax, Math.floor(rows * heldOutShare));
  const queries = new Float32Array(count * dim);
  for (let i = 0; i < count; i += 1) {
    const last = rows - 1 - i;
    const row = random.below(last + 1);
    queries.set(vectors.subarray(row * dim, (row + 1) * dim), i * dim);
    vectors.copyWithin(row * dim, last * dim, (last + 1) * dim);
  }
  return { vectors: vectors.subarray(0, (rows - count) * dim), queries };
}

export interface Questions {
  /** float32[m, dim] each: what routes are learned from, which may be nothing, and what is asked. */
  readonly learned: Float32Array;
  readonly held: Float32Array;
}

/**
 * The short questions at hand, at most half of them held out, or all where lists are split, since nothing is learned then; where there are
 * none, what is as far from the data as these would be: between `held` and `vectors`, float32[n, dim] each.
 */
export function questionsOf(
  { shortQueries, dim, seed, split }: Pick<TrainingTask, 'shortQueries' | 'dim' | 'seed' | 'split'>,
  held: Float32Array,
  vectors: Float32Array,
): Questions {
  if (shortQueries.length > 0) {
    const usable = Math.ceil(shortQueries.length / dim / (split === undefined ? 2 : 1));
    const count = Math.min(heldOutMax, usable) * dim;
    return { learned: shortQueries.subarray(count), held: shortQueries.subarray(0, count) };
  }
  // Of its own random numbers: structures do not depend on what they are measured with.
  return { learned: shortQueries, held: farQueries(held, vectors, dim, seededRandom(seed + 1)) };
}
