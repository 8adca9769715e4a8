/**
 * The rows of several segments in the order of the segment that they are merged into: by docId and passage, or, where rows are coded,
 * by list first.
 */
import { assert } from '../../base/assert.js';
import { hasBit } from '../bitmap.js';
import type { RecodedRows } from '../lists/recode-segment.js';
import type { CodeShape, RowCoding } from '../lists/row-coding.js';
import type { Slices } from '../maintenance/slices.js';
import { byList, compareKeys, rowsByKey } from './key-order.js';
import type { SegmentFileWriter } from './segment-file-writer.js';
import type { SegmentReader } from './segment-reader.js';

/** A segment of which the living rows are taken. */
export interface SegmentSource {
  readonly reader: SegmentReader;
  /** Rows to consider; those past it came later. */
  readonly rowCount: number;
  /** Bitmap of living rows; null when all live. */
  readonly live: Uint8Array | null;
  /** Lists and codes that take the place of the segment's own. */
  readonly recoded?: RecodedRows;
}

export interface RowOrder {
  readonly sources: readonly SegmentSource[];
  readonly count: number;
  /** uint8[count]: number of the source. */
  readonly sourceOf: Uint8Array;
  /** uint32[count]: row in that source. */
  readonly rowOf: Uint32Array;
  /** Per source uint32[rowCount]: the new row; 0xffffffff for rows that are dropped. */
  readonly newRows: readonly Uint32Array[];
  /** How the rows are coded; null where they are not. */
  readonly shape: CodeShape | null;
}

export const droppedRow = 0xffffffff;

/** The codes of a source's rows; null where it has none. */
export function codingOf({ reader, recoded }: SegmentSource): RowCoding | null {
  return recoded?.coding ?? reader.coding;
}

/** uint32[rowCount]: the lists of a source's rows. */
export function listsOf({ reader, recoded }: SegmentSource): Uint32Array {
  return recoded?.lists ?? reader.lists;
}

/** Merges the living rows of up to 255 sources, which are all of one structure. */
export async function mergedOrder(sources: readonly SegmentSource[], slices: Slices): Promise<RowOrder> {
  const shape = sources.map(codingOf)[0] ?? null;
  const isOne = sources.every((source) => codingOf(source)?.structureVersion === shape?.structureVersion);
  assert(isOne, 'segments that become one are of one structure');
  const queues = sources.map((source) => livingRows(source, shape !== null));
  const count = queues.reduce((sum, rows) => sum + rows.length, 0);
  const sourceOf = new Uint8Array(count);
  const rowOf = new Uint32Array(count);
  const newRows = sources.map((source) => new Uint32Array(source.rowCount).fill(droppedRow));
  let at = 0;
  const place = (source: number, row: number): void => {
    sourceOf[at] = source;
    rowOf[at] = row;
    newRows[source]![row] = at;
    at += 1;
  };
  await mergeQueues({ sources, lists: shape === null ? null : sources.map(listsOf) }, queues, { slices, visit: place });
  return { sources, count, sourceOf, rowOf, newRows, shape };
}

/** uint32[count]: the new rows by docId and passage. */
export async function newRowsByKey(
  { sources, newRows, count }: RowOrder,
  slices: Pick<Slices, 'pause'>,
): Promise<Uint32Array> {
  const queues = sources.map(({ reader, rowCount }, source) =>
    rowsByKey(reader, rowCount).filter((row) => newRows[source]![row] !== droppedRow),
  );
  const rows = new Uint32Array(count);
  let at = 0;
  const visit = (source: number, row: number): void => {
    rows[at] = newRows[source]![row]!;
    at += 1;
  };
  await mergeQueues({ sources, lists: null }, queues, { slices, visit });
  return rows;
}

/** Calls `visit` for every row of the queues, each of which is in order, in the order of all. */
async function mergeQueues(
  merged: Merged,
  queues: readonly Uint32Array[],
  { slices, visit }: { readonly slices: Pick<Slices, 'pause'>; readonly visit: (source: number, row: number) => void },
): Promise<void> {
  const heads = new Uint32Array(queues.length);
  for (let at = 0, source = 0; (source = smallestHead(merged, queues, heads)) >= 0; at += 1) {
    visit(source, queues[source]![heads[source]!]!);
    heads[source]! += 1;
    if ((at & 255) === 255) await slices.pause();
  }
}

function livingRows(source: SegmentSource, isByList: boolean): Uint32Array {
  const { reader, rowCount, live, recoded } = source;
  const isInOrder = isByList && reader.isByList && recoded === undefined;
  const all = isInOrder ? Uint32Array.from({ length: rowCount }, (_, row) => row) : rowsByKey(reader, rowCount);
  const living = live === null ? all : all.filter((row) => hasBit(live, row));
  return isByList && !isInOrder ? byList(living, listsOf(source)) : living;
}

/** What is merged; `lists` of every source where they come first in the order. */
interface Merged {
  readonly sources: readonly SegmentSource[];
  readonly lists: readonly Uint32Array[] | null;
}

/** The source whose next row comes first; −1 when all are done. */
function smallestHead({ sources, lists }: Merged, queues: readonly Uint32Array[], heads: Uint32Array): number {
  let best = -1;
  let bestRow = 0;
  for (let source = 0; source < sources.length; source += 1) {
    if (heads[source] === queues[source]!.length) continue;
    const row = queues[source]![heads[source]!]!;
    if (best >= 0) {
      const byLists = lists === null ? 0 : lists[source]![row]! - lists[best]![bestRow]!;
      if (byLists > 0) continue;
      if (byLists === 0 && compareKeys(sources[source]!.reader, row, sources[best]!.reader, bestRow) >= 0) continue;
    }
    best = source;
    bestRow = row;
  }
  return best;
}

/** Calls `visit` for every new row in order, pausing `writer` between slices. */
export async function eachRow(
  writer: Pick<SegmentFileWriter, 'pause'>,
  order: RowOrder,
  visit: (reader: SegmentReader, row: number, at: number) => void,
): Promise<void> {
  const readers = order.sources.map((source) => source.reader);
  for (let at = 0; at < order.count; at += 1) {
    visit(readers[order.sourceOf[at]!]!, order.rowOf[at]!, at);
    if ((at & 31) === 31) await writer.pause();
  }
  await writer.pause();
}

/** Rows of a run at most, so that a slice ends in time and a piece fits the writer's buffer. */
const runRows = 128;

/** As `eachRow`, for what is copied as it lies: `visit` gets `count` rows of `reader` from `row` on at once. */
export async function eachRun(
  writer: Pick<SegmentFileWriter, 'pause'>,
  order: RowOrder,
  visit: (run: { readonly reader: SegmentReader; readonly row: number; readonly count: number }) => void,
): Promise<void> {
  for (let at = 0, pausedAt = 0; at < order.count;) {
    const source = order.sourceOf[at]!;
    const row = order.rowOf[at]!;
    let count = 1;
    while (count < runRows && order.sourceOf[at + count] === source && order.rowOf[at + count] === row + count)
      count += 1;
    visit({ reader: order.sources[source]!.reader, row, count });
    at += count;
    // Where rows of several sources alternate, or many are dead, a run is short.
    if (at - pausedAt < 32) continue;
    pausedAt = at;
    await writer.pause();
  }
  await writer.pause();
}
