/** Exact nearest documents by inner product with the fp16 vectors of every segment. */
import { scanDense } from '../../kernels/kernels.js';
import { intersection } from '../bitmap.js';
import type { CandidateColumns } from '../document.js';
import type { PinnedSegment } from '../segment/segment-state.js';
import { mergeRanked, rankUnordered, type RankedRows } from './merge-candidates.js';
import type { PinnedIndex } from './pinned-index.js';

/** The best `k` documents for `query` (float32[dim]), best first, ties by smaller docId. CANCELLED when `signal` aborts. */
export async function searchDense(
  index: PinnedIndex,
  query: Float32Array,
  k: number,
  signal?: AbortSignal,
): Promise<CandidateColumns> {
  const parts = await Promise.all(index.segments.map((segment) => scanSegment(segment, query, k, signal)));
  return mergeRanked(
    parts.filter((part) => part !== null),
    k,
  );
}

async function scanSegment(
  segment: PinnedSegment,
  query: Float32Array,
  k: number,
  signal: AbortSignal | undefined,
): Promise<RankedRows | null> {
  const { reader, rowCount } = segment;
  const { dense, dim } = reader;
  if (dense === null || rowCount === 0) return null;
  const rows = dense.subarray(0, rowCount * dim);
  const live = scannable(segment);
  const take = (n: number): ReturnType<typeof scanDense> =>
    scanDense({ rows, dim, query, live, k: Math.min(n, rowCount) }, signal);
  if (!reader.isOrdered) return rankUnordered(segment, k, take);
  return { segment, ...(await take(k)) };
}

/** Rows that live and have a vector; null when all do. */
function scannable({ reader, rowCount, live }: PinnedSegment): Uint8Array | null {
  const { densePresent } = reader;
  if (densePresent === null) return live;
  // A copy: the mutable segment's bits may change while another thread scans.
  if (live === null) return densePresent.slice();
  return intersection(live, densePresent, rowCount);
}
