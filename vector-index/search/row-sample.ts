/**
 * Rows chosen evenly from among those that come by, as a function of what they are: those whose keys, docId and passage, have the smallest
 * hashes. Whoever has the same documents chooses the same rows, in the same order, however these lie in segments; a document more or less
 * changes one of them. Memory for the chosen ones alone, however many there are.
 */
import type { Random } from '../../base/random.js';
import { toFloat32 } from '../../kernels/kernels.js';
import type { PinnedSegment } from '../segment/segment-state.js';

export interface SegmentRow {
  readonly segment: PinnedSegment;
  readonly row: number;
}

/** A row with what it is chosen by. */
interface RankedRow extends SegmentRow {
  /** Uniform in [0, 1), 53 bits. */
  readonly rank: number;
}

/** Every row offered is equally likely to be among the chosen ones, over all seeds. */
export class RowSample {
  readonly #count: number;
  readonly #seed: number;
  /** A heap: a row comes before its two children in the order of `comesAfter`, so that the last of the chosen is on top. */
  readonly #heap: RankedRow[] = [];
  #docIds: BigUint64Array = new BigUint64Array(0);
  /** `#docIds` as uint32, the lower half of each first: hashes of millions of rows make no big numbers. */
  #halves: Uint32Array = new Uint32Array(0);

  /** Of `count` rows, or of all where there are fewer. Draws one number of `random`. */
  constructor(count: number, random: Random) {
    this.#count = count;
    this.#seed = random.below(2 ** 32);
  }

  /** The chosen rows, by their hashes. */
  get rows(): readonly SegmentRow[] {
    return [...this.#heap].sort((a, b) => (comesAfter(a, b) ? 1 : -1));
  }

  offer(segment: PinnedSegment, row: number): void {
    const { docIds, passages } = segment.reader;
    if (docIds !== this.#docIds) {
      this.#docIds = docIds;
      this.#halves = new Uint32Array(docIds.buffer, docIds.byteOffset, 2 * docIds.length);
    }
    const rank = rankOf(this.#halves[2 * row]!, this.#halves[2 * row + 1]!, passages?.[row] ?? 0, this.#seed);
    const heap = this.#heap;
    const top = heap[0];
    if (heap.length < this.#count) {
      heap.push({ segment, row, rank });
      this.#lift(heap.length - 1);
    } else if (top !== undefined && rank <= top.rank) {
      const ranked = { segment, row, rank };
      if (comesAfter(top, ranked)) this.#replaceTop(ranked);
    }
  }

  #lift(from: number): void {
    const heap = this.#heap;
    const moved = heap[from]!;
    let at = from;
    for (let parent = (at - 1) >> 1; at > 0 && comesAfter(moved, heap[parent]!); parent = (at - 1) >> 1) {
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = moved;
  }

  #replaceTop(row: RankedRow): void {
    const heap = this.#heap;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      const right = heap[child + 1];
      if (right !== undefined && comesAfter(right, heap[child]!)) child += 1;
      if (!comesAfter(heap[child]!, row)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = row;
  }
}

/** By ranks; of equal ones by keys. */
function comesAfter(a: RankedRow, b: RankedRow): boolean {
  if (a.rank !== b.rank) return a.rank > b.rank;
  const [left, right] = [a.segment.reader, b.segment.reader];
  const [docId, other] = [left.docIds[a.row]!, right.docIds[b.row]!];
  if (docId !== other) return docId > other;
  return (left.passages?.[a.row] ?? 0) > (right.passages?.[b.row] ?? 0);
}

/** A hash of a docId in two halves, a passage and a seed, in [0, 1): two words, each of which every bit of the key has gone through. */
function rankOf(low: number, high: number, passage: number, seed: number): number {
  const first = mixed(mixed(mixed(seed ^ low) ^ high) ^ passage);
  const second = mixed(mixed(first ^ 0x9e37_79b9) ^ low);
  return (first * 2 ** 21 + (second >>> 11)) / 2 ** 53;
}

/** MurmurHash3's finalizer: a permutation of the 32-bit words in which each bit depends on all. */
function mixed(word: number): number {
  let hash = word >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** float32[dim]: the vector of a row that has one. */
export function vectorOf({ segment, row }: SegmentRow, dim: number): Float32Array {
  return toFloat32(segment.reader.dense!.subarray(row * dim, (row + 1) * dim));
}

/** Checks the vectors of `rows` where that was not done since the start: before they are read. DATA_LOSS as `SegmentChecks`. */
export async function checkVectors(rows: readonly SegmentRow[], signal: AbortSignal | undefined): Promise<void> {
  const bySegment = new Map<PinnedSegment, number[]>();
  for (const { segment, row } of rows) {
    if (segment.reader.checks === null) continue;
    const own = bySegment.get(segment);
    if (own === undefined) bySegment.set(segment, [row]);
    else own.push(row);
  }
  for (const [{ reader }, own] of bySegment) await reader.checks?.vectors(own, signal);
}
