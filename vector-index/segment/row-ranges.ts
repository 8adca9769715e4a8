/**
 * Where each row's own bytes, or terms, lie in a column of all rows, one row after the other.
 *
 * In a file: `<name>Length`, the rows' lengths (`narrow-column.ts`), and `<name>Base` u64, where the first of every 32 rows begins, which
 * is left out where all lengths are equal. A position is a base and the at most 31 lengths behind it: about 1.3 bytes a row of short
 * ones where a list of positions takes 4 or 8.
 */
import { ListedNumbers, NarrowColumn, writeNarrow } from './narrow-column.js';
import type { ColumnFile } from './column-file.js';
import type { SegmentFileWriter } from './segment-file-writer.js';
import type { RowNumbers, RowRanges } from './segment-reader.js';

/** Rows of one base. */
const groupRows = 32;

/** Ranges as a file of format 3 or 4 has them. */
export class PackedRanges implements RowRanges {
  readonly #bases: BigUint64Array;
  readonly #lengths: RowNumbers;
  readonly #padding: number;

  /** Columns `<name>Length` and `<name>Base` of `file`; rows begin at multiples of `align`, 1 or 4. */
  constructor(file: ColumnFile, name: string, align: 1 | 4 = 1) {
    this.#bases = file.u64(`${name}Base`);
    this.#lengths = new NarrowColumn(file.u8(`${name}Length`), file.layout.rows);
    this.#padding = align - 1;
  }

  start(row: number): number {
    if (this.#bases.length === 0) return row * this.#padded(0);
    const group = Math.floor(row / groupRows);
    let start = Number(this.#bases[group]!);
    for (let before = group * groupRows; before < row; before += 1) start += this.#padded(before);
    return start;
  }

  length(row: number): number {
    return this.#lengths.at(row);
  }

  #padded(row: number): number {
    return (this.#lengths.at(row) + this.#padding) & ~this.#padding;
  }
}

/** Ranges as older files and growing segments have them: a position for each row. */
export class ListedRanges implements RowRanges {
  readonly #starts: BigUint64Array | Uint32Array;
  readonly #lengths: RowNumbers | null;

  /** `starts` of every row; without `lengths` a row ends where the next one begins, and one more position is there for the last. */
  constructor(starts: BigUint64Array | Uint32Array, lengths: Uint32Array | null = null) {
    this.#starts = starts;
    this.#lengths = lengths === null ? null : new ListedNumbers(lengths);
  }

  start(row: number): number {
    return Number(this.#starts[row]!);
  }

  length(row: number): number {
    return this.#lengths === null ? Number(this.#starts[row + 1]!) - Number(this.#starts[row]!) : this.#lengths.at(row);
  }
}

/** Writes the columns of `name` for rows of `lengths`, which begin at multiples of `align`. */
export async function writeRanges(
  writer: Pick<SegmentFileWriter, 'column' | 'bytes' | 'u64' | 'pause'>,
  name: string,
  lengths: Uint32Array,
  align: 1 | 4 = 1,
): Promise<void> {
  await writeNarrow(writer, `${name}Length`, lengths);
  if (lengths.every((length) => length === lengths[0])) return;
  writer.column(`${name}Base`);
  let start = 0;
  for (let row = 0; row < lengths.length; row += 1) {
    if (row % groupRows === 0) writer.u64(BigInt(start));
    start += (lengths[row]! + align - 1) & -align;
    if ((row & 4_095) === 4_095) await writer.pause();
  }
}
