/**
 * Whole numbers of a segment's rows in as few bytes as the largest of them needs: 1, 2 or 4 a row, little-endian, and 4 bytes for all
 * rows together where more than four rows have the same number.
 */
import { bytesOf } from '../../base/bytes.js';
import type { SegmentFileWriter } from './segment-file-writer.js';
import type { RowNumbers } from './segment-reader.js';

/** Of so many rows or fewer each has its own number, so that the length of a column says how it is to be read. */
const listedRowsMax = 4;

export class NarrowColumn implements RowNumbers {
  readonly #values: Uint8Array | Uint16Array | Uint32Array;
  /** All bits where every row has a place of its own, none where they share the first. */
  readonly #mask: number;

  /** `bytes` as `writeNarrow` wrote them for `rows` rows; none = 0 everywhere. They belong to the caller and are not copied. */
  constructor(bytes: Uint8Array, rows: number) {
    const isShared = bytes.length === 0 || (bytes.length === 4 && rows > listedRowsMax);
    this.#mask = isShared ? 0 : -1;
    const width = isShared ? 4 : bytes.length / Math.max(rows, 1);
    this.#values = bytes.length === 0 ? new Uint32Array(1) : valuesOf(bytes, width);
  }

  at(row: number): number {
    return this.#values[row & this.#mask]!;
  }
}

/** The numbers of rows that are in memory. */
export class ListedNumbers implements RowNumbers {
  readonly #values: Uint8Array | Uint32Array;

  /** One of `values` for each row. They belong to the caller. */
  constructor(values: Uint8Array | Uint32Array) {
    this.#values = values;
  }

  at(row: number): number {
    return this.#values[row]!;
  }
}

/** Writes `values`, one for each row, as column `name`. */
export async function writeNarrow(
  writer: Pick<SegmentFileWriter, 'column' | 'bytes' | 'pause'>,
  name: string,
  values: Uint32Array,
): Promise<void> {
  writer.column(name);
  const isShared = values.length > listedRowsMax && values.every((value) => value === values[0]);
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  const wide = isShared ? values.subarray(0, 1) : values;
  const narrow = isShared || largest > 0xffff ? wide : largest > 0xff ? Uint16Array.from(wide) : Uint8Array.from(wide);
  for (let from = 0; from < narrow.length; from += valuesPerPiece) {
    writer.bytes(bytesOf(narrow.subarray(from, from + valuesPerPiece)));
    await writer.pause();
  }
}

const valuesPerPiece = 16_384;

function valuesOf({ buffer, byteOffset, length }: Uint8Array, width: number): Uint8Array | Uint16Array | Uint32Array {
  if (width === 1) return new Uint8Array(buffer, byteOffset, length);
  return width === 2
    ? new Uint16Array(buffer, byteOffset, length / 2)
    : new Uint32Array(buffer, byteOffset, length / 4);
}
