/**
 * Writes the living rows of one or several segments as one sealed segment: sealing and merging are the same thing.
 *
 * Works in slices while the sources are read by searches. The bytes depend only on the documents, not on where they came from.
 */
import { firstSecondKind, secondBitsMax, secondKindOf } from '../../kernels/codes.js';
import { bytesOf } from '../../base/bytes.js';
import { diskError } from '../durable-file.js';
import type { Files } from '../files.js';
import type { Slices } from '../maintenance/slices.js';
import { writeAttributes } from './attribute-writer.js';
import { writeCodes } from './codes-writer.js';
import { slotColumns } from './id-slots.js';
import { writeNarrow } from './narrow-column.js';
import { eachRow, eachRun, listsOf, mergedOrder, type RowOrder, type SegmentSource } from './row-order.js';
import { writeRanges } from './row-ranges.js';
import { SegmentFileWriter } from './segment-file-writer.js';
import { rowFlags, segmentFormats } from './segment-layout.js';
import { hasDense, type SegmentReader, type TokenColumns } from './segment-reader.js';
import { writeTerms } from './terms-writer.js';
import { versionNumber } from './mutable-segment.js';

/** What writing goes through. */
export interface WritingParts {
  readonly files: Files;
  readonly slices: Slices;
}

export interface SegmentShape {
  readonly dim: number;
  readonly tokenDim: number;
}

/**
 * Writes `path` durably and answers how the rows moved. With no living row no file is written (`count` 0).
 * The sources must stay open until the promise settles; documents with a damaged block end it with DATA_LOSS,
 * a full disk with RESOURCE_EXHAUSTED; after an error no file is left.
 */
export async function writeSegment(
  path: string,
  sources: readonly SegmentSource[],
  shape: SegmentShape,
  { files, slices }: WritingParts,
): Promise<RowOrder> {
  const order = await mergedOrder(sources, slices);
  if (order.count === 0) return order;
  const format = formatOf(order);
  const writer = await SegmentFileWriter.create(files, path, { slices, format }).catch((error: unknown) => {
    throw diskError(error, path);
  });
  try {
    await writeIds(writer, order);
    await writeOrigins(writer, order);
    await writeDense(writer, order, shape.dim);
    const codes = await writeCodes(writer, order);
    const codecs = await writeTokens(writer, order);
    await writeTerms(writer, order);
    await writeTexts(writer, order);
    const attributes = await writeAttributes(writer, order);
    const { dim, tokenDim } = shape;
    await writer.commit({ rows: order.count, dim, tokenDim, ...codes, codecs, attributes });
  } catch (error) {
    await writer.abort();
    await files.remove(path);
    throw diskError(error, path);
  }
  return order;
}

function formatOf({ shape }: RowOrder): number {
  if (shape === null) return segmentFormats.plain;
  const secondKind = secondKindOf(shape);
  if (secondKind > secondBitsMax) return segmentFormats.kinds;
  if (secondKind !== firstSecondKind) return segmentFormats.widths;
  return shape.hasCopies ? segmentFormats.copied : segmentFormats.coded;
}

async function writeIds(writer: SegmentFileWriter, order: RowOrder): Promise<void> {
  writer.column('docId');
  await eachRun(writer, order, ({ reader, row, count }) =>
    writer.bytes(bytesOf(reader.docIds.subarray(row, row + count))),
  );
  if (order.shape === null) await writeRowNumbers(writer, order, 'list', listNumbers(order));
  const hashes = new BigUint64Array(order.count);
  const lengths = new Uint32Array(order.count);
  await eachRow(writer, order, (reader, row, at) => {
    hashes[at] = reader.idHash(row);
    lengths[at] = reader.idBytes(row).length;
  });
  const { starts, slots } = slotColumns(hashes);
  writer.column('idSlotStart');
  await writePieces(writer, starts);
  writer.column('idSlot');
  await writePieces(writer, slots);
  await writeRanges(writer, 'id', lengths);
  writer.column('id');
  await eachRow(writer, order, (reader, row) => writer.bytes(reader.idBytes(row)));
  await writeRowNumbers(writer, order, 'flags', flagsOf);
}

/** Writes a number of every row as a narrow column. */
async function writeRowNumbers(
  writer: SegmentFileWriter,
  order: RowOrder,
  name: string,
  numberOf: (reader: SegmentReader, row: number, at: number) => number,
): Promise<void> {
  const numbers = new Uint32Array(order.count);
  await eachRow(writer, order, (reader, row, at) => (numbers[at] = numberOf(reader, row, at)));
  await writeNarrow(writer, name, numbers);
}

/** What gives the list of a row of `order`. */
function listNumbers(order: RowOrder): (reader: SegmentReader, row: number, at: number) => number {
  const lists = order.sources.map(listsOf);
  return (_, row, at) => lists[order.sourceOf[at]!]![row]!;
}

const numbersPerPiece = 16_384;

async function writePieces(writer: SegmentFileWriter, numbers: Uint32Array): Promise<void> {
  for (let from = 0; from < numbers.length; from += numbersPerPiece) {
    writer.bytes(bytesOf(numbers.subarray(from, from + numbersPerPiece)));
    await writer.pause();
  }
}

/** Columns of what most segments have none of: content hashes that are known, passages that are not the whole document. */
async function writeOrigins(writer: SegmentFileWriter, order: RowOrder): Promise<void> {
  const has = { hash: false, passage: false, span: false, home: false, elsewhere: false };
  const listOf = listNumbers(order);
  const homeOf = (reader: SegmentReader, row: number, at: number): number =>
    order.sources[order.sourceOf[at]!]!.recoded?.homes[row] ?? reader.origin(row).home;
  await eachRow(writer, order, (reader, row, at) => {
    const { start, end } = reader.origin(row);
    has.hash ||= reader.contentHash(row) !== 0n;
    has.passage ||= (reader.passages?.[row] ?? 0) > 0;
    has.span ||= start > 0 || end > 0;
    has.home ||= homeOf(reader, row, at) !== listOf(reader, row, at);
    has.elsewhere ||= reader.elsewhere(row) > 0;
  });
  if (has.hash) {
    writer.column('contentHash');
    await eachRow(writer, order, (reader, row) => writer.u64(reader.contentHash(row)));
  }
  if (has.passage) {
    writer.column('passage');
    await eachRow(writer, order, (reader, row) => writer.u32(reader.passages?.[row] ?? 0));
  }
  if (has.span) {
    writer.column('span');
    await eachRow(writer, order, (reader, row) => {
      const { start, end } = reader.origin(row);
      writer.u32(start);
      writer.u32(end);
    });
  }
  if (has.home) {
    writer.column('home');
    await eachRow(writer, order, (reader, row, at) => writer.u32(homeOf(reader, row, at)));
  }
  if (has.elsewhere) {
    writer.column('elsewhere');
    await eachRow(writer, order, (reader, row) => writer.u32(reader.elsewhere(row)));
  }
}

function flagsOf(reader: SegmentReader, row: number): number {
  let flags = 0;
  if (hasDense(reader, row)) flags |= rowFlags.dense;
  if (reader.terms(row) !== null) flags |= rowFlags.terms;
  if (reader.hasTokens(row)) flags |= rowFlags.tokens;
  if (reader.titleBytes(row) !== null) flags |= rowFlags.title;
  return flags;
}

async function writeDense(writer: SegmentFileWriter, order: RowOrder, dim: number): Promise<void> {
  if (order.sources.every(({ reader }) => reader.dense === null)) return;
  const zeros = new Uint8Array(2 * dim);
  writer.column('dense');
  await eachRun(writer, order, ({ reader, row, count }) => {
    const { dense, densePresent } = reader;
    if (dense !== null && densePresent === null) {
      writer.bytes(bytesOf(dense.subarray(row * dim, (row + count) * dim)));
      return;
    }
    for (let each = row; each < row + count; each += 1)
      writer.bytes(hasDense(reader, each) ? bytesOf(dense!.subarray(each * dim, (each + 1) * dim)) : zeros);
  });
}

async function writeTokens(writer: SegmentFileWriter, order: RowOrder): Promise<readonly string[]> {
  const codecs: string[] = [];
  const columns = order.sources.map(({ reader }) => reader.tokens);
  const columnsAt = (at: number): TokenColumns => columns[order.sourceOf[at]!]!;
  const numbers = new Uint32Array(order.count);
  const lengths = new Uint32Array(order.count);
  await eachRow(writer, order, (reader, row, at) => {
    const { codecs: codec, versions, ranges } = columnsAt(at);
    lengths[at] = ranges.length(row);
    if (reader.hasTokens(row)) numbers[at] = versionNumber(codecs, versions[codec.at(row)] ?? '');
  });
  if (codecs.length === 0) return codecs;
  await writeRanges(writer, 'token', lengths, 4);
  await writeRowNumbers(writer, order, 'tokenCount', (_, row, at) => columnsAt(at).counts.at(row));
  await writeNarrow(writer, 'tokenCodec', numbers);
  writer.column('token');
  await eachRow(writer, order, (_, row, at) => {
    const { bytes, ranges } = columnsAt(at);
    const length = ranges.length(row);
    const from = ranges.start(row);
    writer.bytes(bytes.subarray(from, from + length));
    for (let padding = -length & 3; padding > 0; padding -= 1) writer.u8(0);
  });
  return codecs;
}

async function writeTexts(writer: SegmentFileWriter, order: RowOrder): Promise<void> {
  const lengths = new Uint32Array(order.count);
  await eachRow(writer, order, (reader, row, at) => {
    lengths[at] = (reader.titleBytes(row)?.length ?? 0) + reader.textBytes(row).length;
  });
  await writeRanges(writer, 'text', lengths);
  await writeRowNumbers(writer, order, 'titleLength', (reader, row) => reader.titleBytes(row)?.length ?? 0);
  writer.column('text');
  await eachRow(writer, order, (reader, row) => {
    writer.bytes(reader.titleBytes(row) ?? new Uint8Array(0));
    writer.bytes(reader.textBytes(row));
  });
}
