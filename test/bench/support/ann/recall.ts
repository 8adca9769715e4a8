/** Which answers are right, and how many of them were found. */
import type { QueryRange } from './ann-system.js';
import type { FloatRows, RowNumbers } from './npy-file.js';

export interface RightAnswers {
  /** int32[queries, width]: the true neighbours, best first. */
  readonly truth: RowNumbers;
  /**
   * Rows of the truth that count for the first k: k and those as near as the k-th, for duplicates are as good as one
   * another.
   */
  readonly counted: Int32Array;
  readonly k: number;
}

/** Scores that differ by less are equal: twins differ by the rounding of a sum. */
const tie = 1e-6;

/** The right answers for the first `k` of every query. */
export function rightAnswers(base: FloatRows, queries: FloatRows, truth: RowNumbers, k: number): RightAnswers {
  const score = (query: number, rank: number): number =>
    innerProduct(queries, query, base, truth.values[query * truth.width + rank]!);
  const counted = Int32Array.from({ length: queries.count }, (_, query) => {
    const last = score(query, k - 1);
    let count = k;
    while (count < truth.width && score(query, count) >= last - tie) count++;
    return count;
  });
  return { truth, counted, k };
}

/**
 * Share of the first k true neighbours among the first `depth` of `ids` int32[range.count, width], mean over the
 * queries of `range`: depth = k is recall@k, a greater depth what a second pass can still find.
 */
export function recallOf(answers: RightAnswers, range: QueryRange, ids: Int32Array, depth = answers.k): number {
  const { truth, counted, k } = answers;
  const width = ids.length / range.count;
  let found = 0;
  for (let i = 0; i < range.count; i++) {
    const query = range.first + i * range.step;
    const right = new Set(truth.values.subarray(query * truth.width, query * truth.width + counted[query]!));
    const hits = new Set(ids.subarray(i * width, i * width + depth).filter((id) => right.has(id)));
    found += Math.min(k, hits.size);
  }
  return found / (k * range.count);
}

function innerProduct(queries: FloatRows, query: number, base: FloatRows, row: number): number {
  const { dim } = base;
  let sum = 0;
  for (let j = 0; j < dim; j++) sum += queries.values[query * dim + j]! * base.values[row * dim + j]!;
  return sum;
}
