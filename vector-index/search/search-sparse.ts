/** Best documents by lexical score: the sum over the query's terms of factor × document weight, from the postings. */
import { accumulateSparse, topK } from '../../kernels/kernels.js';
import type { CandidateColumns, QueryTerms } from '../document.js';
import type { PinnedSegment } from '../segment/segment-state.js';
import { mergeRanked, rankSegment, type RankedRows } from './merge-candidates.js';
import type { SelectedIndex } from './pinned-index.js';

/**
 * The best `k` documents that share a term with the query, best first, ties by smaller docId. Terms are added in the order given,
 * in float32, so that the same query always gives the same bits. CANCELLED when `signal` aborts.
 */
export async function searchSparse(
  index: SelectedIndex,
  terms: QueryTerms,
  k: number,
  signal?: AbortSignal,
): Promise<CandidateColumns> {
  const parts: RankedRows[] = [];
  for (const [at, segment] of index.segments.entries()) {
    signal?.throwIfAborted();
    const scores = accumulate(segment, terms);
    if (scores === null) continue;
    const selected = index.selected(at);
    parts.push(await rankSegment(segment, k, (n) => topK(scores, selected, Math.min(n, segment.rowCount), 0)));
  }
  return mergeRanked(parts, k);
}

/** float32[rowCount] scores; null when no row has a term of the query. */
function accumulate({ reader, rowCount }: PinnedSegment, { termIds, factors }: QueryTerms): Float32Array | null {
  let scores: Float32Array | null = null;
  for (let term = 0; term < termIds.length; term += 1) {
    const postings = reader.postings(termIds[term]!);
    if (postings === null) continue;
    const { rows, weights, start } = postings;
    const end = clippedEnd(rows, start, postings.end, rowCount);
    if (end === start) continue;
    scores ??= new Float32Array(rowCount);
    const range = {
      starts: Uint32Array.of(start),
      ends: Uint32Array.of(end),
      factors: factors.subarray(term, term + 1),
    };
    accumulateSparse({ rows, weights, ...range }, scores);
  }
  return scores;
}

/** The end of the postings whose rows the pin includes: later rows came after it. */
function clippedEnd(rows: Uint32Array, start: number, end: number, rowCount: number): number {
  let last = end;
  while (last > start && rows[last - 1]! >= rowCount) last -= 1;
  return last;
}
