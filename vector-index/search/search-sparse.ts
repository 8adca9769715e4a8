/** Best documents by lexical score: the sum over the query's terms of factor × document weight, from the postings. */
import { searchPostings, type PostingsQuery } from '../../kernels/postings.js';
import type { CandidateColumns, QueryTerms } from '../document.js';
import { gatherPostings } from '../sparse/gather-postings.js';
import type { PinnedSegment } from '../segment/segment-state.js';
import { mergeRanked, rankSegment, type RankedRows } from './merge-candidates.js';
import type { SelectedIndex } from './pinned-index.js';
import { ScoreFloor } from './score-floor.js';

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
  const floor = new ScoreFloor(k);
  for (const at of bySize(index.segments)) {
    signal?.throwIfAborted();
    const segment = index.segments[at]!;
    await segment.reader.checks?.postings(terms.termIds, signal);
    const postings = gatherPostings(segment.reader, terms);
    if (postings === null) continue;
    const live = index.selected(at);
    const part = await searchSegment(segment, { ...postings, live }, { k, signal, floor: floor.score });
    if (segment.reader.passages === null) floor.add(part.scores);
    parts.push(part);
  }
  return mergeRanked(parts, k);
}

interface SegmentSearch {
  readonly k: number;
  readonly signal: AbortSignal | undefined;
  readonly floor: number;
}

async function searchSegment(
  segment: PinnedSegment,
  postings: Pick<PostingsQuery, 'rows' | 'weights' | 'terms' | 'factors' | 'live'>,
  { k, signal, floor }: SegmentSearch,
): Promise<RankedRows> {
  const { reader, rowCount } = segment;
  if (reader.passages === null) {
    const ties = reader.isOrdered ? null : reader.docIds;
    return { segment, ...(await searchPostings({ ...postings, ties, rowCount, k, floor }, signal)) };
  }
  // Rows are not documents here: how many of them give k documents is seen afterwards, and so no score is too small.
  return rankSegment(segment, k, (n) => searchPostings({ ...postings, ties: null, rowCount, k: n, floor: 0 }, signal));
}

/** Numbers of the segments with rows, largest first: their best scores spare the others most. */
function bySize(segments: readonly PinnedSegment[]): number[] {
  const numbers = Array.from(segments.keys()).filter((at) => segments[at]!.rowCount > 0);
  return numbers.sort((left, right) => segments[right]!.rowCount - segments[left]!.rowCount);
}
