/** The best rows of every segment become the best candidates of the index. */
import type { CandidateColumns } from '../document.js';
import type { PinnedSegment } from '../segment/segment-state.js';

/** Rows of one segment, best first. */
export interface RankedRows {
  readonly segment: PinnedSegment;
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
}

/** The best `k` of `parts` by score, then by smaller docId. Each part is in that order already. */
export function mergeRanked(parts: readonly RankedRows[], k: number): CandidateColumns {
  const count = Math.min(
    k,
    parts.reduce((sum, part) => sum + part.rows.length, 0),
  );
  const docIds = new BigUint64Array(count);
  const idHashes = new BigUint64Array(count);
  const scores = new Float32Array(count);
  const heads = new Uint32Array(parts.length);
  for (let at = 0; at < count; at += 1) {
    const best = bestHead(parts, heads);
    const { segment, rows, scores: partScores } = parts[best]!;
    const head = heads[best]!;
    docIds[at] = segment.reader.docIds[rows[head]!]!;
    idHashes[at] = segment.reader.idHashes[rows[head]!]!;
    scores[at] = partScores[head]!;
    heads[best]! += 1;
  }
  return { docIds, idHashes, scores };
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
  return docIdAt(parts[left]!, heads[left]!) < docIdAt(parts[right]!, heads[right]!);
}

function docIdAt({ segment, rows }: RankedRows, head: number): bigint {
  return segment.reader.docIds[rows[head]!]!;
}

/**
 * The best `k` rows of a segment whose rows are not in the order of docIds. `take(n)` answers the best n rows, ties by smaller row;
 * it is asked for more until no row outside could tie with the k-th.
 */
export async function rankUnordered(
  segment: PinnedSegment,
  k: number,
  take: (
    n: number,
  ) => { rows: Uint32Array; scores: Float32Array } | Promise<{ rows: Uint32Array; scores: Float32Array }>,
): Promise<RankedRows> {
  for (let n = k + 64; ; n *= 4) {
    const { rows, scores } = await take(n);
    const isComplete = rows.length < n || scores[n - 1]! < scores[k - 1]!;
    if (!isComplete) continue;
    const { docIds } = segment.reader;
    const order = Array.from(rows.keys()).sort((left, right) => {
      if (scores[left] !== scores[right]) return scores[right]! - scores[left]!;
      return docIds[rows[left]!]! < docIds[rows[right]!]! ? -1 : 1;
    });
    const best = order.slice(0, k);
    return {
      segment,
      rows: Uint32Array.from(best, (at) => rows[at]!),
      scores: Float32Array.from(best, (at) => scores[at]!),
    };
  }
}
