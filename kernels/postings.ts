/**
 * Which rows of a segment answer a sparse query best? The door to the search over postings.
 *
 * Formula, bounds and pruning are in sparse/sparse.h. Arrays stay the caller's; a broken shape is a defect of the caller's code:
 * INTERNAL.
 */
import { assert } from '../base/assert.js';
import { ShoalError } from '../base/errors.js';
import { runJob } from './job.js';
import type { BestRows } from './kernels.js';
import type { SearchPostingsArrays } from './native-kernels.js';
import { callKernels as call } from './native.js';

/** Postings of one block, of which the last row and the largest magnitude are known. */
export const postingBlock = 128;

/** What a search may look at on the event loop: a tenth of a millisecond. What needs more runs on a thread of the pool. */
const immediatePostings = 100_000;

const overBudget = -2;
const outOfMemory = -3;

export interface PostingsQuery {
  /** uint32[m], ascending within a term. */
  readonly rows: Uint32Array;
  /** Half bits, uint16[m]. */
  readonly weights: Uint16Array;
  /** uint32[blocks], the last row of each block, and uint16[blocks], its largest `weight & 0x7fff`; null where they are not known. */
  readonly blocks: { readonly rows: Uint32Array; readonly maxima: Uint16Array } | null;
  /** uint32[terms, 3]: start and end of a term's postings, and its first block. */
  readonly terms: Uint32Array;
  /** float32[terms], finite. Any order gives its own sums; that of falling magnitude is the fast one. */
  readonly factors: Float32Array;
  /** Bit r of byte r >> 3 is set for a row that counts; null = all count. */
  readonly live: Uint8Array | null;
  /** uint64[rowCount]: of two rows with equal scores the one with the smaller is better; null = the smaller row. */
  readonly ties: BigUint64Array | null;
  /** Rows from here on are left out. */
  readonly rowCount: number;
  /** At most so many rows come back, at least 1. */
  readonly k: number;
  /** Scores below it are not wanted; those that are not positive never are. */
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
  let count = call((kernels) => kernels.searchPostings(...arraysOf(query, immediatePostings, new Uint8Array(1), best)));
  if (count === overBudget) {
    count = await runJob(signal, async (cancel) => {
      const found = await call((kernels) => kernels.searchPostingsAsync(...arraysOf(query, Infinity, cancel, best)));
      return checked(found);
    });
  }
  checked(count);
  return { rows: best.rows.subarray(0, count), scores: best.scores.subarray(0, count) };
}

function checked(count: number): number {
  if (count !== outOfMemory) return count;
  throw new ShoalError('RESOURCE_EXHAUSTED', 'there is no memory for a sparse search; ask again, or another replica');
}

function arraysOf(query: PostingsQuery, budget: number, cancel: Uint8Array, best: BestRows): SearchPostingsArrays {
  const { rows, weights, blocks, terms, factors, live, ties, rowCount, floor } = query;
  const limits = Float64Array.of(rowCount, floor, budget);
  const blockColumns = [blocks?.rows ?? null, blocks?.maxima ?? null] as const;
  return [rows, weights, ...blockColumns, terms, factors, live, ties, limits, cancel, best.rows, best.scores];
}
