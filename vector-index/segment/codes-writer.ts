/** The columns of lists and codes of a segment whose rows are coded. Layout: `lists/sealed-lists.ts`. */
import { bytesOf } from '../../base/bytes.js';
import { codeBytes, packList, type CodedVectors } from '../../kernels/codes.js';
import type { RowCoding } from '../lists/row-coding.js';
import { listColumns } from '../lists/sealed-lists.js';
import { codingOf, listsOf, newRowsByKey, type RowOrder } from './row-order.js';
import type { SegmentFileWriter } from './segment-file-writer.js';
import { columnAlignment, type SegmentDirectory } from './segment-layout.js';

/** Rows whose second codes are made or copied in one go. */
const recordRows = 128;

/** New rows `from` to `to`, all of one list. */
interface ListRun {
  readonly list: number;
  readonly from: number;
  readonly to: number;
}

/** Writes the columns, none where `order` has no codes, and answers what the directory says of them. */
export async function writeCodes(writer: SegmentFileWriter, order: RowOrder): Promise<Pick<SegmentDirectory, 'codes'>> {
  if (order.shape === null) return {};
  const { structureVersion, subquantizers, dsub } = order.shape;
  const runs = listRuns(order);
  await writeKeyOrder(writer, order);
  writer.column(listColumns.number);
  for (const { list } of runs) writer.u32(list);
  writer.column(listColumns.first);
  for (const { from } of runs) writer.u32(from);
  const offsets = await writeBlocks(writer, order, runs, subquantizers);
  writer.column(listColumns.offset);
  for (const offset of offsets) writer.u64(offset);
  writer.column(listColumns.second);
  for (const run of runs) await writeRecords(writer, order, run);
  return { codes: { structureVersion, subquantizers, dsub } };
}

function listRuns(order: RowOrder): ListRun[] {
  const lists = order.sources.map(listsOf);
  const listAt = (at: number): number => lists[order.sourceOf[at]!]![order.rowOf[at]!]!;
  const runs: ListRun[] = [];
  for (let from = 0, to = 0; from < order.count; from = to) {
    const list = listAt(from);
    while (to < order.count && listAt(to) === list) to += 1;
    runs.push({ list, from, to });
  }
  return runs;
}

/** The new rows by docId and passage, left out where that is their order. */
async function writeKeyOrder(writer: SegmentFileWriter, order: RowOrder): Promise<void> {
  const rows = await newRowsByKey(order, writer);
  if (rows.every((row, at) => row === at)) return;
  writer.column('keyOrder');
  writer.bytes(bytesOf(rows));
  await writer.pause();
}

/** Writes the blocks of every list and answers where each begins. */
async function writeBlocks(
  writer: SegmentFileWriter,
  order: RowOrder,
  runs: readonly ListRun[],
  subquantizers: number,
): Promise<bigint[]> {
  const offsets: bigint[] = [];
  let offset = 0;
  writer.column(listColumns.codes);
  for (const run of runs) {
    const blocks = packList(subquantizers, codesOf(order, run, subquantizers));
    const padding = -offset & (columnAlignment - 1);
    writer.bytes(new Uint8Array(padding));
    writer.bytes(blocks);
    offsets.push(BigInt(offset + padding));
    offset += padding + blocks.length;
    await writer.pause();
  }
  return offsets;
}

function codesOf(order: RowOrder, run: ListRun, subquantizers: number): CodedVectors {
  const bytes = codeBytes(subquantizers);
  const count = run.to - run.from;
  const all = { codes: new Uint8Array(count * bytes), factors: new Int16Array(2 * count) };
  for (const { coding, rows, positions } of bySource(order, run)) {
    const own = { codes: new Uint8Array(rows.length * bytes), factors: new Int16Array(2 * rows.length) };
    coding.read(run.list, rows, own);
    positions.forEach((at, i) => {
      all.codes.set(own.codes.subarray(i * bytes, (i + 1) * bytes), at * bytes);
      all.factors.set(own.factors.subarray(2 * i, 2 * i + 2), 2 * at);
    });
  }
  return all;
}

async function writeRecords(writer: SegmentFileWriter, order: RowOrder, run: ListRun): Promise<void> {
  for (let from = run.from; from < run.to; from += recordRows) {
    const part = { list: run.list, from, to: Math.min(run.to, from + recordRows) };
    const sources = bySource(order, part);
    let records = new Uint8Array(0);
    for (const { coding, rows, positions } of sources) {
      const own = coding.readSecond(run.list, rows);
      const bytes = own.length / rows.length;
      if (records.length === 0) records = new Uint8Array((part.to - from) * bytes);
      positions.forEach((at, i) => records.set(own.subarray(i * bytes, (i + 1) * bytes), at * bytes));
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

/** The rows of a run by the source that they come from. */
function bySource({ sources, sourceOf, rowOf }: RowOrder, { from, to }: ListRun): SourceRows[] {
  const counts = new Uint32Array(sources.length);
  for (let at = from; at < to; at += 1) counts[sourceOf[at]!]! += 1;
  const groups = new Map<number, SourceRows>();
  const filled = new Uint32Array(sources.length);
  for (let at = from; at < to; at += 1) {
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
    group.positions[filled[source]!] = at - from;
    filled[source]! += 1;
  }
  return [...groups.values()];
}
