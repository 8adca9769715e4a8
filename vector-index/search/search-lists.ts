/**
 * The best documents of coded segments: first codes of the lists asked for, second codes of what survives, exact scores of the best.
 *
 * Every pass keeps exactly the best of all segments together, by score and then by key, and no number depends on where a row lies: the
 * answer is a function of the documents and the structure, not of how they are spread over segments.
 */
import { buildLookupTable, prepareSecond } from '../../kernels/codes.js';
import { compareKeys } from '../segment/key-order.js';
import { SealedSegment } from '../segment/sealed-segment.js';
import type { PinnedSegment } from '../segment/segment-state.js';
import type { MutableCodes } from '../lists/mutable-codes.js';
import { MutablePart, SealedPart, type ListsQuery, type ScanPart } from '../lists/scan-parts.js';
import { rankRows, type RankedRows } from './merge-candidates.js';
import type { SelectedIndex } from './pinned-index.js';
import { scannable, scoresOf, type DenseQuery } from './score-rows.js';
import { both, passing } from './selection.js';
import { directRows, firstSurvivors, secondSurvivors } from './survivors.js';

/** A row and its score by the pass that found it; `part` numbers the segments searched. */
interface Survivor {
  readonly part: number;
  readonly row: number;
  readonly score: number;
}

/** The best `k` documents of the segments numbered `segments`, which are coded under the index's structure, by segment. */
export async function searchLists(
  index: SelectedIndex,
  segments: readonly number[],
  wanted: DenseQuery,
): Promise<RankedRows[]> {
  const parts = segments.map((at) => partOf(index, at, wanted));
  const few = fewRows(parts, directRows(wanted.k));
  if (few !== null) return exactly(parts, few, wanted);
  const query = prepared(index, wanted);
  for (let room = firstSurvivors(wanted.k); ; room *= 4) {
    const first = await firstPass(parts, query, room);
    const second = secondPass(parts, query, first);
    const best = firstDocuments(parts, second, secondSurvivors(wanted.k));
    // Many passages of few documents may fill the room; then it is too small.
    if (!best.isComplete && first.length === room) continue;
    return exactly(parts, byPart(parts, best.rows), wanted);
  }
}

function partOf(index: SelectedIndex, at: number, { pause }: DenseQuery): ScanPart {
  const segment = index.segments[at]!;
  const { reader, rowCount } = segment;
  if (reader instanceof SealedSegment) {
    const lists = reader.coding!;
    const { filter, lists: wanted } = index.selection;
    const found = both(passing(segment, filter), reader.densePresent, rowCount);
    const bitmaps = { live: segment.live, filter: found };
    return new SealedPart(segment, lists, { positions: lists.positionsOf(wanted), bitmaps, ids: reader.keyRanks });
  }
  const selected = scannable(segment, index.selected(at));
  return new MutablePart(segment, reader.coding as MutableCodes, { selected, pause });
}

/** The rows of every part when these are at most `most` together; else null. */
function fewRows(parts: readonly ScanPart[], most: number): Uint32Array[] | null {
  const few: Uint32Array[] = [];
  let left = most;
  for (const part of parts) {
    const rows = part.rowsUpTo(left);
    if (rows === null) return null;
    few.push(rows);
    left -= rows.length;
  }
  return few;
}

function prepared(index: SelectedIndex, { query, signal }: DenseQuery): ListsQuery {
  const coder = index.coder!;
  const wide = coder.padded(query);
  const table = buildLookupTable(coder.codebook, wide);
  return { table, second: prepareSecond(table, wide), biases: coder.biases(query, index.selection.lists), signal };
}

/** The best `room` rows by first codes. Each segment begins where the ones before leave the threshold. */
async function firstPass(parts: readonly ScanPart[], query: ListsQuery, room: number): Promise<Survivor[]> {
  let best: Survivor[] = [];
  for (const [part, each] of parts.entries()) {
    query.signal?.throwIfAborted();
    const threshold = best.length < room ? -Infinity : best[room - 1]!.score;
    const { rows, scores } = await each.scan(query, room, threshold);
    const found = Array.from(rows, (row, i) => ({ part, row, score: scores[i]! }));
    best = ranked(parts, [...best, ...found]).slice(0, room);
  }
  return best;
}

function secondPass(parts: readonly ScanPart[], query: ListsQuery, first: readonly Survivor[]): Survivor[] {
  const rescored = byPart(parts, first).flatMap((rows, part) => {
    const scores = rows.length === 0 ? null : parts[part]!.rescore(query, rows);
    return Array.from(rows, (row, i) => ({ part, row, score: numberOf(scores![i]!) }));
  });
  return ranked(parts, rescored);
}

/** The first rows of `best` that hold `wanted` documents; complete when these are as many. */
function firstDocuments(
  parts: readonly ScanPart[],
  best: readonly Survivor[],
  wanted: number,
): { readonly rows: readonly Survivor[]; readonly isComplete: boolean } {
  if (parts.every(({ segment }) => segment.reader.passages === null))
    return { rows: best.slice(0, wanted), isComplete: best.length >= wanted };
  const seen = new Set<bigint>();
  for (const [at, { part, row }] of best.entries()) {
    seen.add(parts[part]!.segment.reader.docIds[row]!);
    if (seen.size === wanted) return { rows: best.slice(0, at + 1), isComplete: true };
  }
  return { rows: best, isComplete: false };
}

/** The documents of `rows`, by part, by their exact scores. */
async function exactly(
  parts: readonly ScanPart[],
  rows: readonly Uint32Array[],
  wanted: DenseQuery,
): Promise<RankedRows[]> {
  const found: RankedRows[] = [];
  for (const [at, { segment }] of parts.entries()) {
    if (rows[at]!.length === 0) continue;
    const scores = await scoresOf(vectorsOf(segment), segment.reader.dim, rows[at]!, wanted);
    found.push(rankRows(segment, { rows: rows[at]!, scores }, wanted.k));
  }
  return found;
}

function vectorsOf({ reader, rowCount }: PinnedSegment): Uint16Array {
  return reader.dense!.subarray(0, rowCount * reader.dim);
}

function byPart(parts: readonly ScanPart[], survivors: readonly Survivor[]): Uint32Array[] {
  return parts.map((_, part) => Uint32Array.from(survivors.filter((one) => one.part === part).map(({ row }) => row)));
}

/** Best first, ties by smaller key. */
function ranked(parts: readonly ScanPart[], survivors: Survivor[]): Survivor[] {
  const readerOf = ({ part }: Survivor): PinnedSegment['reader'] => parts[part]!.segment.reader;
  return survivors.sort((left, right) =>
    left.score === right.score
      ? compareKeys(readerOf(left), left.row, readerOf(right), right.row)
      : right.score - left.score,
  );
}

/** A record that is damaged, and not yet found to be, may give a NaN, which has no place in an order. */
function numberOf(score: number): number {
  return Number.isNaN(score) ? -Infinity : score;
}
