/** The rows of several segments in the order of docId and passage: the rows of the segment that they are merged into. */
import { hasBit } from '../bitmap.js';
import type { Slices } from '../maintenance/slices.js';
import type { SegmentFileWriter } from './segment-file-writer.js';
import type { SegmentReader } from './segment-reader.js';

/** A segment of which the living rows are taken. */
export interface SegmentSource {
  readonly reader: SegmentReader;
  /** Rows to consider; those past it came later. */
  readonly rowCount: number;
  /** Bitmap of living rows; null when all live. */
  readonly live: Uint8Array | null;
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
}

export const droppedRow = 0xffffffff;

/** Merges the living rows of up to 255 sources by docId and passage. */
export async function mergedOrder(sources: readonly SegmentSource[], slices: Slices): Promise<RowOrder> {
  const queues = sources.map(livingRows);
  const count = queues.reduce((sum, rows) => sum + rows.length, 0);
  const sourceOf = new Uint8Array(count);
  const rowOf = new Uint32Array(count);
  const newRows = sources.map((source) => new Uint32Array(source.rowCount).fill(droppedRow));
  const heads = new Uint32Array(sources.length);
  for (let at = 0; at < count; at += 1) {
    const source = smallestHead(sources, queues, heads);
    const row = queues[source]![heads[source]!]!;
    heads[source]! += 1;
    sourceOf[at] = source;
    rowOf[at] = row;
    newRows[source]![row] = at;
    if ((at & 255) === 255) await slices.pause();
  }
  return { sources, count, sourceOf, rowOf, newRows };
}

function livingRows({ reader, rowCount, live }: SegmentSource): Uint32Array {
  const rows = new Uint32Array(rowCount);
  let count = 0;
  for (let row = 0; row < rowCount; row += 1) {
    if (live === null || hasBit(live, row)) {
      rows[count] = row;
      count += 1;
    }
  }
  const living = rows.subarray(0, count);
  return reader.isOrdered ? living : living.sort((left, right) => compareKeys(reader, left, reader, right));
}

function smallestHead(sources: readonly SegmentSource[], queues: readonly Uint32Array[], heads: Uint32Array): number {
  let best = -1;
  let bestRow = 0;
  for (let source = 0; source < sources.length; source += 1) {
    if (heads[source] === queues[source]!.length) continue;
    const row = queues[source]![heads[source]!]!;
    if (best >= 0 && compareKeys(sources[source]!.reader, row, sources[best]!.reader, bestRow) >= 0) continue;
    best = source;
    bestRow = row;
  }
  return best;
}

/** Orders rows by docId, then by passage. */
export function compareKeys(
  left: Pick<SegmentReader, 'docIds' | 'passages'>,
  leftRow: number,
  right: Pick<SegmentReader, 'docIds' | 'passages'>,
  rightRow: number,
): number {
  const leftDocId = left.docIds[leftRow]!;
  const rightDocId = right.docIds[rightRow]!;
  if (leftDocId !== rightDocId) return leftDocId < rightDocId ? -1 : 1;
  return (left.passages?.[leftRow] ?? 0) - (right.passages?.[rightRow] ?? 0);
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
