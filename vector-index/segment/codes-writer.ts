/** The columns of lists and codes of a segment whose rows are coded. Layout: `lists/sealed-lists.ts`, `lists/sealed-copies.ts`. */
import { bytesOf } from '../../base/bytes.js';
import {
  codeBytes,
  packList,
  firstSecondKind,
  secondBitsMax,
  secondKindOf,
  type CodedVectors,
} from '../../kernels/codes.js';
import { listsMax } from '../codebook/structure.js';
import { scatterCodes, scatterRecords } from '../lists/coded-rows.js';
import { noList, type RowCoding } from '../lists/row-coding.js';
import { copyColumns } from '../lists/sealed-copies.js';
import { listColumns } from '../lists/sealed-lists.js';
import { packRows } from './packed-rows.js';
import { codingOf, listsOf, newRowsByKey, type RowOrder } from './row-order.js';
import type { SegmentFileWriter } from './segment-file-writer.js';
import { columnAlignment, type SegmentDirectory } from './segment-layout.js';

/** Rows whose second codes are made or copied in one go. */
const recordRows = 128;

/** New rows looked at between two pauses: some tenths of a millisecond. */
const rowsPerTurn = 16_384;

/** New rows of one list, ascending. */
interface ListRun {
  readonly list: number;
  readonly rows: Uint32Array;
}

/** Writes the columns, none where `order` has no codes, and answers what the directory says of them. */
export async function writeCodes(writer: SegmentFileWriter, order: RowOrder): Promise<Pick<SegmentDirectory, 'codes'>> {
  if (order.shape === null) return {};
  const { structureVersion, subquantizers, dsub, hasCopies } = order.shape;
  const runs = await listRuns(writer, order);
  await writeKeyOrder(writer, order);
  writer.column(listColumns.number);
  for (const { list } of runs) writer.u32(list);
  writer.column(listColumns.first);
  for (const { rows } of runs) writer.u32(rows[0]!);
  writer.column(listColumns.codes);
  const offsets = await writeBlocks(writer, runs, (run) => codesOf(order, run, readFirst));
  writer.column(listColumns.offset);
  for (const offset of offsets) writer.u64(offset);
  writer.column(listColumns.second);
  for (const run of runs) await writeRecords(writer, order, run);
  if (hasCopies) await writeCopies(writer, order);
  const secondKind = secondKindOf(order.shape);
  return { codes: { structureVersion, subquantizers, dsub, ...secondSaid(secondKind, hasCopies) } };
}

/** What a directory says of second codes, by the format version that they have. */
function secondSaid(secondKind: number, hasCopies: boolean): Partial<NonNullable<SegmentDirectory['codes']>> {
  if (secondKind === firstSecondKind) return {};
  return secondKind > secondBitsMax ? { secondKind, hasCopies } : { secondBits: secondKind, hasCopies };
}

/** The new rows by list, in which those of one list are together already. */
async function listRuns(writer: SegmentFileWriter, order: RowOrder): Promise<ListRun[]> {
  const lists = await gathered(writer, order, order.sources.map(listsOf));
  const rows = new Uint32Array(order.count);
  const runs: ListRun[] = [];
  let first = 0;
  await inTurns(writer, order.count, (row) => {
    rows[row] = row;
    if (lists[row + 1] === lists[row]) return;
    runs.push({ list: lists[row]!, rows: rows.subarray(first, row + 1) });
    first = row + 1;
  });
  return runs;
}

/** The new rows that lie in a second list, by it. */
async function copyRuns(writer: SegmentFileWriter, order: RowOrder): Promise<ListRun[]> {
  const sources: Uint32Array[] = [];
  for (const source of order.sources) {
    sources.push(codingOf(source)!.copies!.lists(source.rowCount));
    await writer.pause();
  }
  const seconds = await gathered(writer, order, sources);
  const ends = new Uint32Array(listsMax + 1);
  await inTurns(writer, order.count, (row) => {
    if (seconds[row] !== noList) ends[seconds[row]! + 1]! += 1;
  });
  for (let list = 0; list < listsMax; list += 1) ends[list + 1]! += ends[list]!;
  const firsts = ends.slice();
  const rows = new Uint32Array(ends[listsMax]!);
  // Where the next row of a list goes: in the end, where those of the next list begin.
  await inTurns(writer, order.count, (row) => {
    const list = seconds[row]!;
    if (list === noList) return;
    rows[ends[list]!] = row;
    ends[list]! += 1;
  });
  const runs: ListRun[] = [];
  for (let list = 0; list < listsMax; list += 1)
    if (ends[list]! > firsts[list]!) runs.push({ list, rows: rows.subarray(firsts[list], ends[list]) });
  return runs;
}

/** uint32[new rows]: for each what `sources`, uint32[rows] of every source, have for it. */
async function gathered(
  writer: SegmentFileWriter,
  { count, sourceOf, rowOf }: RowOrder,
  sources: readonly Uint32Array[],
): Promise<Uint32Array> {
  const found = new Uint32Array(count);
  await inTurns(writer, count, (row) => (found[row] = sources[sourceOf[row]!]![rowOf[row]!]!));
  return found;
}

/** Calls `visit` for every new row, with pauses. */
async function inTurns(writer: SegmentFileWriter, count: number, visit: (row: number) => void): Promise<void> {
  for (let from = 0; from < count; from += rowsPerTurn) {
    const to = Math.min(count, from + rowsPerTurn);
    for (let row = from; row < to; row += 1) visit(row);
    await writer.pause();
  }
}

/** The columns of second lists. */
async function writeCopies(writer: SegmentFileWriter, order: RowOrder): Promise<void> {
  const runs = await copyRuns(writer, order);
  writer.column(copyColumns.number);
  for (const { list } of runs) writer.u32(list);
  writer.column(copyColumns.first);
  let first = 0;
  for (const run of runs) {
    writer.u32(first);
    first += run.rows.length;
  }
  writer.column(copyColumns.row);
  for (const run of runs) {
    writer.bytes(bytesOf(run.rows));
    await writer.pause();
  }
  writer.column(copyColumns.codes);
  const offsets = await writeBlocks(writer, runs, (run) => codesOf(order, run, readCopies));
  writer.column(copyColumns.offset);
  for (const offset of offsets) writer.u64(offset);
}

/** The new rows by docId and passage, left out where that is their order. */
async function writeKeyOrder(writer: SegmentFileWriter, order: RowOrder): Promise<void> {
  const rows = await newRowsByKey(order, writer);
  if (rows.every((row, at) => row === at)) return;
  writer.column('keyOrder');
  writer.bytes(bytesOf(packRows(rows)));
  await writer.pause();
}

/** Writes the blocks of every list and answers where each begins. */
async function writeBlocks(
  writer: SegmentFileWriter,
  runs: readonly ListRun[],
  blocksOf: (run: ListRun) => Uint8Array,
): Promise<bigint[]> {
  const offsets: bigint[] = [];
  let offset = 0;
  for (const run of runs) {
    const blocks = blocksOf(run);
    const padding = -offset & (columnAlignment - 1);
    writer.bytes(new Uint8Array(padding));
    writer.bytes(blocks);
    offsets.push(BigInt(offset + padding));
    offset += padding + blocks.length;
    await writer.pause();
  }
  return offsets;
}

type ReadCodes = (coding: RowCoding, run: ListRun, into: CodedVectors) => void;

const readFirst: ReadCodes = (coding, { list, rows }, into) => coding.read(list, rows, into);
const readCopies: ReadCodes = (coding, { list, rows }, into) => coding.copies!.read(list, rows, into);

/** The blocks of a run. */
function codesOf(order: RowOrder, run: ListRun, read: ReadCodes): Uint8Array {
  const { subquantizers } = order.shape!;
  const bytes = codeBytes(subquantizers);
  const count = run.rows.length;
  const all = { codes: new Uint8Array(count * bytes), factors: new Int16Array(2 * count) };
  for (const { coding, rows, positions } of bySource(order, run.rows)) {
    const own = { codes: new Uint8Array(rows.length * bytes), factors: new Int16Array(2 * rows.length) };
    read(coding, { list: run.list, rows }, own);
    scatterCodes(own, positions, bytes, all);
  }
  return packList(subquantizers, all);
}

async function writeRecords(writer: SegmentFileWriter, order: RowOrder, run: ListRun): Promise<void> {
  for (let from = 0; from < run.rows.length; from += recordRows) {
    const part = run.rows.subarray(from, from + recordRows);
    const sources = bySource(order, part);
    let records = new Uint8Array(0);
    for (const { coding, rows, positions } of sources) {
      const own = coding.readSecond(run.list, rows);
      const bytes = own.length / rows.length;
      if (records.length === 0) records = new Uint8Array(part.length * bytes);
      scatterRecords(own, positions, bytes, records);
    }
    writer.bytes(records);
    await writer.pause();
  }
}

interface SourceRows {
  readonly coding: RowCoding;
  /** Rows of the source, and their positions in the run. */
  readonly rows: Uint32Array;
  readonly positions: Uint32Array;
}

/** New rows by the source that they come from. */
function bySource({ sources, sourceOf, rowOf }: RowOrder, newRows: Uint32Array): SourceRows[] {
  const counts = new Uint32Array(sources.length);
  for (const at of newRows) counts[sourceOf[at]!]! += 1;
  const groups = new Map<number, SourceRows>();
  const filled = new Uint32Array(sources.length);
  for (const [position, at] of newRows.entries()) {
    const source = sourceOf[at]!;
    const length = counts[source]!;
    let group = groups.get(source);
    if (group === undefined) {
      group = {
        coding: codingOf(sources[source]!)!,
        rows: new Uint32Array(length),
        positions: new Uint32Array(length),
      };
      groups.set(source, group);
    }
    group.rows[filled[source]!] = rowOf[at]!;
    group.positions[filled[source]!] = position;
    filled[source]! += 1;
  }
  return [...groups.values()];
}
