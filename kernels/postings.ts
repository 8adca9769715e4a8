/**
 * Which rows of a segment answer a sparse query best? The door to the search over postings.
 *
 * Formula and order are in sparse/sparse.h. Arrays stay the caller's; a broken shape is a defect of the caller's code:
 * INTERNAL.
 */
import { assert } from '../base/assert.js';
import { ShoalError } from '../base/errors.js';
import { runJob } from './job.js';
import type { BestRows } from './kernels.js';
import type { SearchPostingsArrays } from './native-kernels.js';
import { callKernels as call } from './native.js';

/** What a search may add up on the event loop: a third of a millisecond. What is more runs on a thread of the pool. */
const immediatePostings = 500_000;

const outOfMemory = -2;

export interface PostingsQuery {
  /** uint32[m], ascending within a term. */
  readonly rows: Uint32Array;
  /** Half bits, uint16[m]. */
  readonly weights: Uint16Array;
  /** uint32[terms, 2]: start and end of a term's postings. */
  readonly terms: Uint32Array;
  /** float32[terms]. Every order gives its own sums. */
  readonly factors: Float32Array;
  /** Bit r of byte r >> 3 is set for a row that counts; null = all count. */
  readonly live: Uint8Array | null;
  /** uint64[rowCount]: of two rows with equal scores the one with the smaller is better; null = the smaller row. */
  readonly ties: BigUint64Array | null;
  /** Rows from here on are left out. */
  readonly rowCount: number;
  /** At most so many rows come back, at least 1. */
  readonly k: number;
  /** Scores below it are not wanted; those that are not positive, and NaN, never are. */
  readonly floor: number;
}

/**
 * The k rows with the largest Σ factor × weight, exactly: terms are added in the order given, each step rounded to float32. Short
 * searches answer at once, longer ones run on a thread of libuv's pool and may read mapped memory. RESOURCE_EXHAUSTED without memory;
 * CANCELLED when `signal` aborts.
 */
export async function searchPostings(query: PostingsQuery, signal?: AbortSignal): Promise<BestRows> {
  assert(Number.isInteger(query.k) && query.k >= 1, 'k is at least 1');
  const size = Math.max(1, Math.min(query.k, query.rowCount));
  const best: BestRows = { rows: new Uint32Array(size), scores: new Float32Array(size) };
  const count =
    postingsOf(query) + query.rowCount <= immediatePostings
      ? checked(call((kernels) => kernels.searchPostings(...arraysOf(query, new Uint8Array(1), best))))
      : await runJob(signal, async (cancel) =>
          checked(await call((kernels) => kernels.searchPostingsAsync(...arraysOf(query, cancel, best)))),
        );
  return { rows: best.rows.subarray(0, count), scores: best.scores.subarray(0, count) };
}

function postingsOf({ terms }: PostingsQuery): number {
  let postings = 0;
  for (let t = 0; t < terms.length; t += 2) postings += terms[t + 1]! - terms[t]!;
  return postings;
}

function checked(count: number): number {
  if (count !== outOfMemory) return count;
  throw new ShoalError('RESOURCE_EXHAUSTED', 'there is no memory for a sparse search; ask again, or another replica');
}

function arraysOf(query: PostingsQuery, cancel: Uint8Array, best: BestRows): SearchPostingsArrays {
  const { rows, weights, terms, factors, live, ties, rowCount, floor } = query;
  const limits = Float64Array.of(rowCount, floor);
  return [rows, weights, terms, factors, live, ties, limits, cancel, best.rows, best.scores];
}
