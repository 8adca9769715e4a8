/** The best rows of every segment become the best candidates of the index. */
import type { BestRows } from '../../kernels/kernels.js';
import type { CandidateColumns } from '../document.js';
import { compareKeys } from '../segment/key-order.js';
import type { SegmentReader } from '../segment/segment-reader.js';
import type { PinnedSegment } from '../segment/segment-state.js';

/** Rows of one segment, best first. */
export interface RankedRows {
  readonly segment: PinnedSegment;
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
}

/**
 * The best `k` documents of `parts` by score, then by smaller docId and passage, each with its best passage. Each part is in that
 * order already and names a document once.
 */
export function mergeRanked(parts: readonly RankedRows[], k: number): CandidateColumns {
  const room = Math.min(
    k,
    parts.reduce((sum, part) => sum + part.rows.length, 0),
  );
  const found = {
    docIds: new BigUint64Array(room),
    passages: new Uint32Array(room),
    idHashes: new BigUint64Array(room),
    scores: new Float32Array(room),
  };
  // Passages of one document may lie in several segments.
  const seen = parts.some(({ segment }) => segment.reader.passages !== null) ? new Set<bigint>() : null;
  const heads = new Uint32Array(parts.length);
  let count = 0;
  while (count < room) {
    const best = bestHead(parts, heads);
    if (best < 0) break;
    const { segment, rows, scores } = parts[best]!;
    const head = heads[best]!;
    const row = rows[head]!;
    heads[best]! += 1;
    const docId = segment.reader.docIds[row]!;
    if (seen?.has(docId) === true) continue;
    seen?.add(docId);
    found.docIds[count] = docId;
    found.passages[count] = segment.reader.passages?.[row] ?? 0;
    found.idHashes[count] = segment.reader.idHashes[row]!;
    found.scores[count] = scores[head]!;
    count += 1;
  }
  return count === room ? found : firstOf(found, count);
}

function firstOf({ docIds, passages, idHashes, scores }: CandidateColumns, count: number): CandidateColumns {
  return {
    docIds: docIds.subarray(0, count),
    passages: passages.subarray(0, count),
    idHashes: idHashes.subarray(0, count),
    scores: scores.subarray(0, count),
  };
}

function bestHead(parts: readonly RankedRows[], heads: Uint32Array): number {
  let best = -1;
  for (let part = 0; part < parts.length; part += 1) {
    if (heads[part] === parts[part]!.rows.length) continue;
    if (best < 0 || isBefore(parts, heads, part, best)) best = part;
  }
  return best;
}

function isBefore(parts: readonly RankedRows[], heads: Uint32Array, left: number, right: number): boolean {
  const leftScore = parts[left]!.scores[heads[left]!]!;
  const rightScore = parts[right]!.scores[heads[right]!]!;
  if (leftScore !== rightScore) return leftScore > rightScore;
  const [one, other] = [parts[left]!, parts[right]!];
  return compareKeys(one.segment.reader, one.rows[heads[left]!]!, other.segment.reader, other.rows[heads[right]!]!) < 0;
}

/**
 * The best `k` documents of a segment, each with its best passage. `take(n)` answers the best n rows, ties by smaller row; where rows
 * are not in the order of their keys, or documents have several, it is asked for more until no row outside could matter.
 */
export async function rankSegment(
  segment: PinnedSegment,
  k: number,
  take: (n: number) => BestRows | Promise<BestRows>,
): Promise<RankedRows> {
  const { reader } = segment;
  if (reader.isOrdered && reader.passages === null) return { segment, ...(await take(k)) };
  for (let n = k + 64; ; n *= 4) {
    const found = await take(n);
    const best = firstOfEach(reader, found);
    const isComplete =
      found.rows.length < n || (best.length >= k && found.scores[n - 1]! < found.scores[best[k - 1]!]!);
    if (!isComplete) continue;
    return picked(segment, found, best.slice(0, k));
  }
}

/** The best `k` documents of rows that were found in any order. */
export function rankRows(segment: PinnedSegment, found: BestRows, k: number): RankedRows {
  return picked(segment, found, firstOfEach(segment.reader, found).slice(0, k));
}

function picked(segment: PinnedSegment, { rows, scores }: BestRows, positions: readonly number[]): RankedRows {
  return {
    segment,
    rows: Uint32Array.from(positions, (at) => rows[at]!),
    scores: Float32Array.from(positions, (at) => scores[at]!),
  };
}

/** Positions in `found`, best first, ties by smaller key, of the first row of each document. */
function firstOfEach(reader: SegmentReader, { rows, scores }: BestRows): number[] {
  const order = Array.from(rows.keys());
  order.sort((left, right) => {
    if (scores[left] !== scores[right]) return scores[right]! - scores[left]!;
    return compareKeys(reader, rows[left]!, reader, rows[right]!);
  });
  if (reader.passages === null) return order;
  const seen = new Set<bigint>();
  return order.filter((at) => {
    const docId = reader.docIds[rows[at]!]!;
    if (seen.has(docId)) return false;
    seen.add(docId);
    return true;
  });
}
