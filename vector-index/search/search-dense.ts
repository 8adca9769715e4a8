/** Exact nearest documents by inner product with the fp16 vectors of every segment. */
import { scanDense, scoreDense, topK, type BestRows } from '../../kernels/kernels.js';
import { countBits, setRows } from '../bitmap.js';
import type { CandidateColumns } from '../document.js';
import type { PinnedSegment } from '../segment/segment-state.js';
import { mergeRanked, rankSegment, type RankedRows } from './merge-candidates.js';
import type { SelectedIndex } from './pinned-index.js';
import { both } from './selection.js';

/** Share of a segment's rows up to which only these are scored, one by one, instead of all of them with the others ignored. */
const directShare = 0.02;
/** So many rows are scored on the event loop at most, about a millisecond's work. */
const directRowsMax = 8_192;

/** The best `k` documents for `query` (float32[dim]), best first, ties by smaller docId. CANCELLED when `signal` aborts. */
export async function searchDense(
  index: SelectedIndex,
  query: Float32Array,
  k: number,
  signal?: AbortSignal,
): Promise<CandidateColumns> {
  const parts = await Promise.all(
    index.segments.map((segment, at) => scanSegment(segment, index.selected(at), { query, k, signal })),
  );
  return mergeRanked(
    parts.filter((part) => part !== null),
    k,
  );
}

interface DenseQuery {
  readonly query: Float32Array;
  readonly k: number;
  readonly signal: AbortSignal | undefined;
}

async function scanSegment(
  segment: PinnedSegment,
  selected: Uint8Array | null,
  { query, k, signal }: DenseQuery,
): Promise<RankedRows | null> {
  const { reader, rowCount } = segment;
  const { dense, dim } = reader;
  if (dense === null || rowCount === 0) return null;
  const rows = dense.subarray(0, rowCount * dim);
  const live = scannable(segment, selected);
  const count = live === null ? rowCount : countBits(live, rowCount);
  if (count === 0) return null;
  if (live !== null && count <= Math.min(directRowsMax, Math.max(k, rowCount * directShare))) {
    const numbers = setRows(live, rowCount, count);
    const scores = scoreDense(rows, dim, query, numbers);
    return rankSegment(segment, k, (n) => bestOf(numbers, scores, n));
  }
  return rankSegment(segment, k, (n) => scanDense({ rows, dim, query, live, k: Math.min(n, rowCount) }, signal));
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
