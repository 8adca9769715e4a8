/** The sparse columns of a segment: postings by term for searching, and each row's terms for rescoring and export. */
import { droppedRow, eachRow, type RowOrder } from './row-order.js';
import type { SegmentFileWriter } from './segment-file-writer.js';
import { grown } from './growable.js';
import { postingBlock } from '../../kernels/postings.js';
import { blockSlots, firstBlock } from './term-columns.js';

/** Writes both directions. No columns when no row has terms. */
export async function writeTerms(writer: SegmentFileWriter, order: RowOrder): Promise<void> {
  let end = 0;
  const lengths = new Uint32Array(order.count);
  await eachRow(writer, order, (reader, row, at) => {
    lengths[at] = reader.terms(row)?.termIds.length ?? 0;
    end += lengths[at]!;
  });
  if (end === 0) return;
  await writePostings(writer, order);
  end = 0;
  writer.column('rowTermStart');
  writer.u32(0);
  await eachRow(writer, order, (_, __, at) => writer.u32((end += lengths[at]!)));
  writer.column('rowTerm');
  await eachRow(writer, order, (reader, row) => {
    const terms = reader.terms(row);
    if (terms !== null) writer.bytes(viewOf(terms.termIds));
  });
  writer.column('rowTermWeight');
  await eachRow(writer, order, (reader, row) => {
    const terms = reader.terms(row);
    if (terms !== null) writer.bytes(viewOf(terms.weights));
  });
}

async function writePostings(writer: SegmentFileWriter, order: RowOrder): Promise<void> {
  const dictionary: number[] = [];
  const starts: number[] = [];
  const blocks = new BlockWriter();
  let weights = new Uint16Array(1024);
  let count = 0;
  writer.column('postRow');
  for (const termId of unionOfTerms(order)) {
    const postings = await gathered(writer, order, termId);
    if (postings.length === 0) continue;
    dictionary.push(termId);
    starts.push(count);
    weights = grown(weights, count + postings.length);
    blocks.begin(count, dictionary.length - 1);
    for (const packed of postings) {
      const row = Math.floor(packed / 65536);
      const weight = packed - row * 65536;
      writer.u32(row);
      weights[count] = weight;
      count += 1;
      blocks.add(row, weight);
    }
    await writer.pause();
  }
  writer.column('postWeight');
  writer.bytes(viewOf(weights.subarray(0, count)));
  writer.column('term');
  writer.bytes(viewOf(Uint32Array.from(dictionary)));
  writer.column('termStart');
  writer.bytes(viewOf(Uint32Array.from([...starts, count])));
  blocks.write(writer, blockSlots(count, dictionary.length));
}

/** Gathers the last row and the largest magnitude of every 128 postings of a term. */
class BlockWriter {
  #rows = new Uint32Array(1024);
  #maxima = new Uint16Array(1024);
  #block = 0;
  #filled = 0;

  /** Term number `term` follows, with its first posting at `start`. */
  begin(start: number, term: number): void {
    this.#block = firstBlock(start, term);
    this.#filled = 0;
  }

  add(row: number, weight: number): void {
    if (this.#filled === postingBlock) {
      this.#block += 1;
      this.#filled = 0;
    }
    this.#rows = grown(this.#rows, this.#block + 1);
    this.#maxima = grown(this.#maxima, this.#block + 1);
    this.#rows[this.#block] = row;
    this.#maxima[this.#block] = Math.max(this.#maxima[this.#block]!, weight & 0x7fff);
    this.#filled += 1;
  }

  write(writer: SegmentFileWriter, count: number): void {
    this.#rows = grown(this.#rows, count);
    this.#maxima = grown(this.#maxima, count);
    writer.column('postBlockRow');
    writer.bytes(viewOf(this.#rows.subarray(0, count)));
    writer.column('postBlockMaximum');
    writer.bytes(viewOf(this.#maxima.subarray(0, count)));
  }
}

/** The new postings of a term as doubles row · 2^16 + weight, ascending: a double holds both, and typed arrays sort natively. */
async function gathered(writer: SegmentFileWriter, order: RowOrder, termId: number): Promise<Float64Array> {
  const found = order.sources.map(({ reader }) => reader.postings(termId));
  const room = found.reduce((sum, postings) => sum + (postings === null ? 0 : postings.end - postings.start), 0);
  const packed = new Float64Array(room);
  let count = 0;
  let isSorted = true;
  for (const [source, postings] of found.entries()) {
    if (postings === null) continue;
    const newRows = order.newRows[source]!;
    for (let at = postings.start; at < postings.end; at += 1) {
      const oldRow = postings.rows[at]!;
      const row = oldRow < newRows.length ? newRows[oldRow]! : droppedRow;
      if (row !== droppedRow) {
        packed[count] = row * 65536 + postings.weights[at]!;
        isSorted &&= count === 0 || packed[count - 1]! < packed[count]!;
        count += 1;
      }
      if ((at & 8191) === 8191) await writer.pause();
    }
  }
  const rows = packed.subarray(0, count);
  return isSorted ? rows : rows.sort();
}

function unionOfTerms(order: RowOrder): Uint32Array {
  const all = new Set<number>();
  for (const { reader } of order.sources) for (const termId of reader.termIds()) all.add(termId);
  return Uint32Array.from(all).sort();
}

function viewOf(array: Uint16Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
