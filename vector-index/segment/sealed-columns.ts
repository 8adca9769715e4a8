/** The columns of a segment file as its readers take them, whichever format version has them. */
import { hashBytes } from '../../base/hash.js';
import type { ColumnFile } from './column-file.js';
import { eachSlot } from './id-slots.js';
import { NarrowColumn } from './narrow-column.js';
import { ListedRows, PackedRows } from './packed-rows.js';
import { ListedRanges, PackedRanges } from './row-ranges.js';
import type { IdKey, RowNumbers, RowRanges, RowSequence, TokenColumns } from './segment-reader.js';

/** The first format version whose columns are narrow. */
const narrowVersion = 3;

function isNarrow({ layout }: ColumnFile): boolean {
  return layout.version >= narrowVersion;
}

/** Numbers of the rows in column `name`: u8 or u32 before version 3; 0 everywhere where there is no such column. */
export function numbersOf(file: ColumnFile, name: string, width: 1 | 4): RowNumbers {
  const { rows } = file.layout;
  if (isNarrow(file) || !file.has(name)) return new NarrowColumn(file.u8(name), rows);
  const column = width === 1 ? file.u8(name) : file.u32(name);
  return { at: (row) => column[row]! };
}

/** The rows by docId and passage; null where they lie so. */
export function keyOrderOf(file: ColumnFile): RowSequence | null {
  if (!file.has('keyOrder')) return null;
  return isNarrow(file) ? new PackedRows(file.u32('keyOrder'), file.layout.rows) : new ListedRows(file.u32('keyOrder'));
}

/** The ids of the rows, and the rows of an id. */
export class IdColumns {
  readonly #ids: Uint8Array;
  readonly #ranges: RowRanges;
  readonly #rowsLike: (key: IdKey, visit: (row: number) => void) => void;

  constructor(file: ColumnFile) {
    this.#ids = file.u8('id');
    this.#ranges = isNarrow(file) ? new PackedRanges(file, 'id') : new ListedRanges(file.u32('idStart'));
    const slots = { starts: file.u32('idSlotStart'), slots: file.u32('idSlot') };
    const order = { rows: file.u32('idOrder'), hashes: file.u32('idHash') };
    this.#rowsLike = isNarrow(file)
      ? (key, visit) => eachSlot(slots, key, visit)
      : (key, visit) => eachOfHash(order, key, visit);
  }

  bytes(row: number): Uint8Array {
    const start = this.#ranges.start(row);
    return this.#ids.subarray(start, start + this.#ranges.length(row));
  }

  /** XXH64 of the id. */
  hash(row: number): bigint {
    return hashBytes(this.bytes(row));
  }

  rowsOf(key: IdKey): readonly number[] {
    let rows = noRows;
    this.#rowsLike(key, (row) => {
      if (utf8(this.bytes(row)) === key.id) rows = [...rows, row];
    });
    return rows;
  }
}

const noRows: readonly number[] = [];

/** Calls `visit` with the rows of a hash: `rows` are in the order of the upper half of the hash, `hashes` u32[rows, 2] in that of rows. */
function eachOfHash(
  { rows, hashes }: { readonly rows: Uint32Array; readonly hashes: Uint32Array },
  { low, high }: IdKey,
  visit: (row: number) => void,
): void {
  let from = 0;
  let to = rows.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (hashes[2 * rows[middle]! + 1]! < high) from = middle + 1;
    else to = middle;
  }
  for (; from < rows.length && hashes[2 * rows[from]! + 1] === high; from += 1)
    if (hashes[2 * rows[from]!] === low) visit(rows[from]!);
}

/** Where the title and behind it the text of each row lie in column `text`. */
export interface TextColumns {
  readonly bytes: Uint8Array;
  readonly ranges: RowRanges;
  /** Bytes of the title. */
  readonly titles: RowNumbers;
}

export function textColumns(file: ColumnFile): TextColumns {
  return {
    bytes: file.u8('text'),
    ranges: isNarrow(file) ? new PackedRanges(file, 'text') : new ListedRanges(file.u64('textStart')),
    titles: numbersOf(file, 'titleLength', 4),
  };
}

/** Where the terms of each row are in columns `rowTerm` and `rowTermWeight`. */
export function termRanges(file: ColumnFile): RowRanges {
  return file.has('rowTermStart') ? new ListedRanges(file.u32('rowTermStart')) : new PackedRanges(file, 'rowTerm');
}

export function tokenColumns(file: ColumnFile): TokenColumns {
  const isListed = file.has('tokenOffset');
  return {
    bytes: file.u8('token'),
    ranges: isListed
      ? new ListedRanges(file.u64('tokenOffset'), file.u32('tokenLength'))
      : new PackedRanges(file, 'token', 4),
    counts: numbersOf(file, 'tokenCount', 4),
    codecs: numbersOf(file, 'tokenCodec', 1),
    versions: file.layout.codecs,
  };
}

/** `bytes` as text. */
export function utf8({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
}
