/**
 * Nearest documents by inner product. Segments whose rows are coded as the index's structure has it are searched by their lists
 * (`search-lists.ts`); all others, and all where that is asked for, exactly: by the fp16 vectors of every selected row.
 */
import { scanDense, topK, type BestRows } from '../../kernels/kernels.js';
import { countBits, setRows } from '../bitmap.js';
import type { CandidateColumns } from '../document.js';
import type { PinnedSegment } from '../segment/segment-state.js';
import { mergeRanked, rankSegment, type RankedRows } from './merge-candidates.js';
import type { SelectedIndex } from './pinned-index.js';
import { scannable, scoresOf, type DenseQuery } from './score-rows.js';
import { searchLists } from './search-lists.js';

/**
 * Share of a segment's rows up to which only these are scored, instead of all of them with the others ignored. Measured with 120,000
 * rows of 384 dimensions, milliseconds of a scan and of scoring the rows: 27 and 5 for 1/5, 3.9 and 2.0 for 1/10, 0.34 and 0.16 for
 * 1/100.
 */
const directShare = 0.2;
/**
 * The best `k` documents for `query`, best first, ties by smaller docId; with `isExact` of all that are selected, else as lists and
 * codes find them. Scores are exact either way. CANCELLED when `signal` aborts.
 */
export async function searchDense(
  index: SelectedIndex,
  query: DenseQuery & { readonly isExact?: boolean },
): Promise<CandidateColumns> {
  const isCoded = (at: number): boolean => query.isExact !== true && index.coder !== null && index.isCoded(at);
  const filled = [...index.segments.keys()].filter((at) => index.segments[at]!.rowCount > 0);
  const coded = filled.filter(isCoded);
  const lists = coded.length === 0 ? [] : await searchLists(index, coded, query);
  const others = lists === null ? filled : filled.filter((at) => !isCoded(at));
  const scans = others.map((at) => scanSegment(index.segments[at]!, index.searchable(at), query));
  const exact = (await Promise.all(scans)).filter((part) => part !== null);
  return mergeRanked([...(lists ?? []), ...exact], query.k);
}

async function scanSegment(
  segment: PinnedSegment,
  selected: Uint8Array | null,
  wanted: DenseQuery,
): Promise<RankedRows | null> {
  const { query, k, signal } = wanted;
  const { reader, rowCount } = segment;
  const { dense, dim } = reader;
  if (dense === null || rowCount === 0) return null;
  const rows = dense.subarray(0, rowCount * dim);
  const live = scannable(segment, selected);
  const count = live === null ? rowCount : countBits(live, rowCount);
  if (count === 0) return null;
  if (live !== null && count <= rowCount * directShare) {
    const numbers = setRows(live, rowCount, count);
    await reader.checks?.vectors(numbers, signal);
    const scores = await scoresOf(rows, dim, numbers, wanted);
    return rankSegment(segment, k, (n) => bestOf(numbers, scores, n));
  }
  await reader.checks?.vectors(null, signal);
  return rankSegment(segment, k, (n) => scanDense({ rows, dim, query, live, k: Math.min(n, rowCount) }, signal));
}

/** The best `n` of rows that were scored one by one: as a scan finds them. */
function bestOf(numbers: Uint32Array, scores: Float32Array, n: number): BestRows {
  const best = topK(scores, null, Math.min(n, scores.length), -Infinity);
  return { rows: best.rows.map((at) => numbers[at]!), scores: best.scores };
}
