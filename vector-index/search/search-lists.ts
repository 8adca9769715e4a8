/**
 * The best documents of coded segments: first codes of the lists asked for and second codes of what survives in one native call over all
 * segments, then exact scores of the best.
 *
 * Every pass keeps exactly the best of all segments together, by score and then by key, and no number depends on where a row lies: the
 * answer is a function of the documents and the structure, not of how they are spread over segments, nor of how many threads scan.
 */
import type { FoundRows, SharedSearcher } from '../lists/list-searchers.js';
import { atAnchorLength } from '../lists/query-length.js';
import type { PinnedSegment } from '../segment/segment-state.js';
import { rankRows, type RankedRows } from './merge-candidates.js';
import { HiddenLists } from './hidden-lists.js';
import type { SelectedIndex } from './pinned-index.js';
import { scoresOf, type DenseQuery } from './score-rows.js';
import { searchedRows, type SearchedRows, type WantedLists } from './searched-rows.js';
import { directRows, firstSurvivors, secondSurvivors } from './survivors.js';

/**
 * The best `k` documents of the segments numbered `segments`, which are coded as the index's structure has it and have rows, by segment; null when
 * they cannot be searched by codes. CANCELLED when the signal aborts.
 */
export async function searchLists(
  index: SelectedIndex,
  segments: readonly number[],
  wanted: DenseQuery,
): Promise<RankedRows[] | null> {
  const pinned = segments.map((at) => index.segments[at]!);
  const searcher = index.searchers.acquire(
    index.coder!,
    pinned.map(({ reader }) => reader),
    wanted.learned,
  );
  if (searcher === null) return null;
  try {
    const { coder } = index;
    const asked = wantedLists(index.selection.lists, coder!.listCount);
    const hidden = HiddenLists.of(asked.lists, pinned, { coder: coder!, moved: index.searchers.movedRows(coder!) });
    const lists = hidden === null ? asked : { ...asked, lists: hidden.read };
    const parts = pinned.map((segment, at) =>
      searchedRows(segment, { wanted: lists, passing: index.passing(segments[at]!), room: searcher.room(at), hidden }),
    );
    const few = fewRows(parts, directRows(wanted.k));
    const query = atAnchorLength(wanted.query, coder!.codebook);
    if (few === null) await checkCodes(parts, lists.lists, wanted.signal);
    const rows = few ?? (await bestRows(searcher, parts, { ...wanted, query, lists: lists.lists }));
    return await exactly(parts, rows, wanted);
  } finally {
    searcher.release();
  }
}

/** The lists of a structure of `count` that are among `asked`; null = all. */
function wantedLists(asked: Uint32Array | null, count: number): WantedLists {
  if (asked === null) return { lists: Uint32Array.from({ length: count }, (_, list) => list), count };
  return { lists: Uint32Array.from(new Set(asked.filter((list) => list < count))), count };
}

/** Codes that were not checked since the start are checked before they are read. */
async function checkCodes(
  parts: readonly SearchedRows[],
  lists: Uint32Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const waiting = parts.map(({ segment }) => segment.reader.checks).filter((checks) => checks !== null);
  if (waiting.length > 0) await Promise.all(waiting.map((checks) => checks.codes(lists, signal)));
}

/** The rows of every part when these are at most `most` together; else null. */
function fewRows(parts: readonly SearchedRows[], most: number): Uint32Array[] | null {
  const few: Uint32Array[] = [];
  let left = most;
  for (const part of parts) {
    const rows = part.upTo(left);
    if (rows === null) return null;
    few.push(rows);
    left -= rows.length;
  }
  return few;
}

/** The rows of every part that hold the best documents by both codes. */
async function bestRows(
  searcher: SharedSearcher,
  parts: readonly SearchedRows[],
  { query, k, lists, signal }: DenseQuery & { readonly lists: Uint32Array },
): Promise<Uint32Array[]> {
  const filters = parts.map(({ bits }) => bits);
  const vectors = parts.reduce((sum, part) => sum + part.vectors, 0);
  const hasPassages = parts.some(({ segment }) => segment.reader.passages !== null);
  const documents = secondSurvivors(k);
  // A row may survive once for every list that it is in: then fewer rows are left, which more lists read make up for at less cost.
  const perRow = parts.some(({ segment }) => segment.reader.coding?.hasCopies === true) ? 2 : 1;
  for (let room = firstSurvivors(k); ; room *= 4) {
    const rows = hasPassages ? room : documents;
    const found = await searcher.search({ query, lists, filters, vectors, wanted: room, k: rows, signal });
    if (!hasPassages) return byPart(parts, found, found.rows.length);
    const count = rowsOfDocuments(parts, found, documents);
    // Many passages of few documents may fill the room; then it is too small.
    if (count !== null || perRow * found.rows.length < room) return byPart(parts, found, count ?? found.rows.length);
  }
}

/** How many of the first rows hold `wanted` documents; null when all of them hold fewer. */
function rowsOfDocuments(parts: readonly SearchedRows[], { segments, rows }: FoundRows, wanted: number): number | null {
  const seen = new Set<bigint>();
  for (let at = 0; at < rows.length; at += 1) {
    seen.add(parts[segments[at]!]!.segment.reader.docIds[rows[at]!]!);
    if (seen.size === wanted) return at + 1;
  }
  return null;
}

/** The first `count` rows by the part that they are of. */
function byPart(parts: readonly unknown[], { segments, rows }: FoundRows, count: number): Uint32Array[] {
  const found: number[][] = parts.map(() => []);
  for (let at = 0; at < count; at += 1) found[segments[at]!]!.push(rows[at]!);
  return found.map((own) => Uint32Array.from(own));
}

/** The documents of `rows`, by part, by their exact scores. */
async function exactly(
  parts: readonly SearchedRows[],
  rows: readonly Uint32Array[],
  wanted: DenseQuery,
): Promise<RankedRows[]> {
  const found: RankedRows[] = [];
  for (const [at, { segment }] of parts.entries()) {
    if (rows[at]!.length === 0) continue;
    await segment.reader.checks?.vectors(rows[at]!, wanted.signal);
    const scores = await scoresOf(vectorsOf(segment), segment.reader.dim, rows[at]!, wanted);
    found.push(rankRows(segment, { rows: rows[at]!, scores }, wanted.k));
  }
  return found;
}

function vectorsOf({ reader, rowCount }: PinnedSegment): Uint16Array {
  return reader.dense!.subarray(0, rowCount * reader.dim);
}
