/**
 * Writes the living rows of one or several segments as one sealed segment: sealing and merging are the same thing.
 *
 * Works in slices while the sources are read by searches. The bytes depend only on the documents, not on where they came from.
 */
import { bytesOf } from '../../base/bytes.js';
import { diskError } from '../durable-file.js';
import type { Files } from '../files.js';
import type { Slices } from '../maintenance/slices.js';
import { writeAttributes } from './attribute-writer.js';
import { writeCodes } from './codes-writer.js';
import { eachRow, eachRun, listsOf, mergedOrder, type RowOrder, type SegmentSource } from './row-order.js';
import { SegmentFileWriter } from './segment-file-writer.js';
import { rowFlags, segmentFormats } from './segment-layout.js';
import type { SegmentReader } from './segment-reader.js';
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
  const format = order.shape === null ? segmentFormats.plain : segmentFormats.coded;
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

async function writeIds(writer: SegmentFileWriter, order: RowOrder): Promise<void> {
  writer.column('docId');
  await eachRun(writer, order, ({ reader, row, count }) =>
    writer.bytes(bytesOf(reader.docIds.subarray(row, row + count))),
  );
  writer.column('list');
  const lists = order.sources.map(listsOf);
  await eachRow(writer, order, (_, row, at) => writer.u32(lists[order.sourceOf[at]!]![row]!));
  const hashes = new BigUint64Array(order.count);
  let hashed = 0;
  writer.column('idHash');
  await eachRun(writer, order, ({ reader, row, count }) => {
    const run = reader.idHashes.subarray(row, row + count);
    hashes.set(run, hashed);
    hashed += count;
    writer.bytes(bytesOf(run));
  });
  writer.column('idOrder');
  await writeHashOrder(writer, hashes);
  let end = 0;
  writer.column('idStart');
  writer.u32(0);
  await eachRow(writer, order, (reader, row) => writer.u32((end += reader.idBytes(row).length)));
  writer.column('id');
  await eachRow(writer, order, (reader, row) => writer.bytes(reader.idBytes(row)));
  writer.column('flags');
  await eachRow(writer, order, (reader, row) => writer.u8(flagsOf(reader, row)));
}

/** Columns of what most segments have none of: content hashes that are known, passages that are not the whole document. */
async function writeOrigins(writer: SegmentFileWriter, order: RowOrder): Promise<void> {
  const has = { hash: false, passage: false, span: false, home: false, elsewhere: false };
  const lists = order.sources.map(listsOf);
  const homeOf = (reader: SegmentReader, row: number, at: number): number =>
    order.sources[order.sourceOf[at]!]!.recoded?.homes[row] ?? reader.origin(row).home;
  await eachRow(writer, order, (reader, row, at) => {
    const { start, end } = reader.origin(row);
    has.hash ||= reader.contentHashes[row] !== 0n;
    has.passage ||= (reader.passages?.[row] ?? 0) > 0;
    has.span ||= start > 0 || end > 0;
    has.home ||= homeOf(reader, row, at) !== lists[order.sourceOf[at]!]![row];
    has.elsewhere ||= reader.elsewhere(row) > 0;
  });
  if (has.hash) {
    writer.column('contentHash');
    await eachRun(writer, order, ({ reader, row, count }) =>
      writer.bytes(bytesOf(reader.contentHashes.subarray(row, row + count))),
    );
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

/** Whether the row has a dense vector. */
export function hasDense({ dense, densePresent }: SegmentReader, row: number): boolean {
  return dense !== null && (densePresent === null || (densePresent[row >>> 3]! & (1 << (row & 7))) !== 0);
}

/** Rows by the upper 32 bits of their hash, then by row. A double holds both, and typed arrays sort natively. */
async function writeHashOrder(writer: SegmentFileWriter, hashes: BigUint64Array): Promise<void> {
  const words = new Uint32Array(hashes.buffer);
  const buckets = new Uint32Array(257);
  for (let row = 0; row < hashes.length; row += 1) buckets[(words[2 * row + 1]! >>> 24) + 1]! += 1;
  for (let bucket = 0; bucket < 256; bucket += 1) buckets[bucket + 1]! += buckets[bucket]!;
  const keys = new Float64Array(hashes.length);
  const next = buckets.slice();
  for (let row = 0; row < hashes.length; row += 1) {
    const upper = words[2 * row + 1]!;
    keys[next[upper >>> 24]!] = upper * 2 ** 21 + row;
    next[upper >>> 24]! += 1;
  }
  for (let bucket = 0; bucket < 256; bucket += 1) {
    keys.subarray(buckets[bucket]!, buckets[bucket + 1]!).sort();
    for (let at = buckets[bucket]!; at < buckets[bucket + 1]!; at += 1) writer.u32(keys[at]! % 2 ** 21);
    await writer.pause();
  }
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
  const numbers: number[] = [];
  await eachRow(writer, order, (reader, row, at) => {
    const { codecs: codec, versions } = columns[order.sourceOf[at]!]!;
    numbers.push(reader.hasTokens(row) ? versionNumber(codecs, versions[codec[row]!] ?? '') : 0);
  });
  if (codecs.length === 0) return codecs;
  let offset = 0;
  writer.column('tokenOffset');
  await eachRow(writer, order, (_, row, at) => {
    writer.u64(BigInt(offset));
    offset += (columns[order.sourceOf[at]!]!.lengths[row]! + 3) & ~3;
  });
  writer.column('tokenLength');
  await eachRow(writer, order, (_, row, at) => writer.u32(columns[order.sourceOf[at]!]!.lengths[row]!));
  writer.column('tokenCount');
  await eachRow(writer, order, (_, row, at) => writer.u32(columns[order.sourceOf[at]!]!.counts[row]!));
  writer.column('tokenCodec');
  writer.bytes(Uint8Array.from(numbers));
  writer.column('token');
  await eachRow(writer, order, (_, row, at) => {
    const { bytes, offsets, lengths } = columns[order.sourceOf[at]!]!;
    const length = lengths[row]!;
    const from = Number(offsets[row]!);
    writer.bytes(bytes.subarray(from, from + length));
    for (let padding = -length & 3; padding > 0; padding -= 1) writer.u8(0);
  });
  return codecs;
}

async function writeTexts(writer: SegmentFileWriter, order: RowOrder): Promise<void> {
  let end = 0n;
  writer.column('textStart');
  writer.u64(0n);
  await eachRow(writer, order, (reader, row) => {
    end += BigInt((reader.titleBytes(row)?.length ?? 0) + reader.textBytes(row).length);
    writer.u64(end);
  });
  writer.column('titleLength');
  await eachRow(writer, order, (reader, row) => writer.u32(reader.titleBytes(row)?.length ?? 0));
  writer.column('text');
  await eachRow(writer, order, (reader, row) => {
    writer.bytes(reader.titleBytes(row) ?? new Uint8Array(0));
    writer.bytes(reader.textBytes(row));
  });
}
