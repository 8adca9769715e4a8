/** Exact nearest documents by inner product with the fp16 vectors of every segment. */
import { scanDense, scoreDense, topK, type BestRows } from '../../kernels/kernels.js';
import { countBits, setRows } from '../bitmap.js';
import type { CandidateColumns } from '../document.js';
import type { PinnedSegment } from '../segment/segment-state.js';
import { mergeRanked, rankSegment, type RankedRows } from './merge-candidates.js';
import type { SelectedIndex } from './pinned-index.js';
import { both } from './selection.js';

/**
 * Share of a segment's rows up to which only these are scored, instead of all of them with the others ignored. Measured with 120,000
 * rows of 384 dimensions, milliseconds of a scan and of scoring the rows: 27 and 5 for 1/5, 3.9 and 2.0 for 1/10, 0.34 and 0.16 for
 * 1/100.
 */
const directShare = 0.2;
/** Rows scored on the event loop at a time: less than a millisecond's work. */
const directRows = 4_096;

export interface DenseQuery {
  /** float32[dim]. */
  readonly query: Float32Array;
  readonly k: number;
  /** Gives other work a turn. */
  readonly pause: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** The best `k` documents for `query`, best first, ties by smaller docId. CANCELLED when `signal` aborts. */
export async function searchDense(index: SelectedIndex, query: DenseQuery): Promise<CandidateColumns> {
  const parts = await Promise.all(index.segments.map((segment, at) => scanSegment(segment, index.selected(at), query)));
  return mergeRanked(
    parts.filter((part) => part !== null),
    query.k,
  );
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
    const scores = await scoresOf(rows, dim, numbers, wanted);
    return rankSegment(segment, k, (n) => bestOf(numbers, scores, n));
  }
  return rankSegment(segment, k, (n) => scanDense({ rows, dim, query, live, k: Math.min(n, rowCount) }, signal));
}

/** float32[numbers]: the scores of the rows numbered so, with pauses between. */
async function scoresOf(
  rows: Uint16Array,
  dim: number,
  numbers: Uint32Array,
  { query, pause, signal }: DenseQuery,
): Promise<Float32Array> {
  if (numbers.length <= directRows) return scoreDense(rows, dim, query, numbers);
  const scores = new Float32Array(numbers.length);
  for (let from = 0; from < numbers.length; from += directRows) {
    if (from > 0) await pause();
    signal?.throwIfAborted();
    scores.set(scoreDense(rows, dim, query, numbers.subarray(from, from + directRows)), from);
  }
  return scores;
}

/** The best `n` of rows that were scored one by one: as a scan finds them. */
function bestOf(numbers: Uint32Array, scores: Float32Array, n: number): BestRows {
  const best = topK(scores, null, Math.min(n, scores.length), -Infinity);
  return { rows: best.rows.map((at) => numbers[at]!), scores: best.scores };
}

/** Rows that are selected and have a vector; null when all do. */
function scannable({ reader, rowCount }: PinnedSegment, selected: Uint8Array | null): Uint8Array | null {
  const { densePresent } = reader;
  // A copy: the mutable segment's bits may change while another thread scans.
  if (densePresent !== null && selected === null) return densePresent.slice();
  return both(selected, densePresent, rowCount);
}
