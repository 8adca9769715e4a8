/** The rows of a segment that pass a filter, as the bitmap that scans take: set algebra over what the attribute columns find. */
import { unreachable } from '../../base/assert.js';
import { bitmapBytes } from '../bitmap.js';
import type { AttributeColumn, SegmentReader } from '../segment/segment-reader.js';
import type { Rows } from './filter-cache.js';
import { conditionOf, isColumnOf, type Comparison } from './row-passes.js';
import type { RowFilter } from './row-filter.js';

/**
 * The rows below `rowCount` that pass `filter`, living or not: bit r & 7 of byte r >> 3, bitmapBytes(rowCount) bytes; null = every
 * row. `rowCount` is that of the pin, at most `reader.rowCount`. The bitmap may be shared: never change it.
 */
export function filterBitmap(
  reader: Pick<SegmentReader, 'attributes' | 'filters'>,
  rowCount: number,
  filter: RowFilter,
): Uint8Array | null {
  const rows = new Evaluation(reader, rowCount).rowsOf(filter);
  if (rows === true) return null;
  return rows === false ? new Uint8Array(bitmapBytes(rowCount)) : bytesOfWords(rows).subarray(0, bitmapBytes(rowCount));
}

class Evaluation {
  readonly #columns: readonly AttributeColumn[];
  readonly #cache: SegmentReader['filters'];
  readonly #rowCount: number;

  constructor({ attributes, filters }: Pick<SegmentReader, 'attributes' | 'filters'>, rowCount: number) {
    this.#columns = attributes;
    this.#cache = filters;
    this.#rowCount = rowCount;
  }

  /** The rows that pass. A bitmap is the caller's own. */
  rowsOf(filter: RowFilter): Rows {
    switch (filter.kind) {
      case 'all':
        return this.#allOf(filter.of);
      case 'any':
        return this.#anyOf(filter.of);
      case 'not':
        return this.#not(this.rowsOf(filter.of));
      case 'has':
        return this.#has(filter.attribute);
      case 'constant':
        return filter.value;
      case 'compare':
        return this.#compare(filter);
      default:
        return unreachable(filter);
    }
  }

  #allOf(parts: readonly RowFilter[]): Rows {
    let all: Rows = true;
    for (const part of parts) {
      const rows = this.rowsOf(part);
      if (rows === false) return false;
      if (rows === true) continue;
      if (all === true) all = rows;
      else and(all as Uint32Array, rows);
    }
    return all;
  }

  #anyOf(parts: readonly RowFilter[]): Rows {
    let any: Rows = false;
    for (const part of parts) {
      const rows = this.rowsOf(part);
      if (rows === true) return true;
      if (rows === false) continue;
      if (any === false) any = rows;
      else or(any as Uint32Array, rows);
    }
    return any;
  }

  #not(rows: Rows): Rows {
    if (typeof rows === 'boolean') return !rows;
    for (let word = 0; word < rows.length; word += 1) rows[word] = ~rows[word]!;
    return this.#trimmed(rows);
  }

  #has(attribute: string): Rows {
    const columns = this.#columns.filter((column) => column.name === attribute);
    if (columns.length === 0) return false;
    const rows = this.#empty();
    for (const column of columns) or(rows, this.#present(column));
    return this.#trimmed(rows);
  }

  #compare(comparison: Comparison): Rows {
    if (this.#cache === null) return this.#found(comparison);
    const rows = this.#cache.rowsOf(keyOf(comparison, this.#rowCount), () => this.#found(comparison));
    // What is kept must not be joined with other rows in place.
    return typeof rows === 'boolean' ? rows : rows.slice();
  }

  #found(comparison: Comparison): Rows {
    const column = this.#columns.find((candidate) => isColumnOf(candidate, comparison));
    if (column === undefined) return false;
    const rows = this.#empty();
    column.mark(conditionOf(comparison), bytesOfWords(rows));
    if (comparison.comparator === 'notEqual') {
      const present = this.#present(column);
      for (let word = 0; word < rows.length; word += 1) rows[word] = present[word]! & ~rows[word]!;
    }
    return this.#trimmed(rows);
  }

  #present(column: AttributeColumn): Uint32Array {
    const rows = this.#empty();
    column.markPresent(bytesOfWords(rows));
    return rows;
  }

  #empty(): Uint32Array {
    return new Uint32Array((this.#rowCount + 31) >>> 5);
  }

  /** Without bits at or past the row count; none or all where it is so. */
  #trimmed(rows: Uint32Array): Rows {
    const past = this.#rowCount & 31;
    const whole = this.#rowCount >>> 5;
    if (past !== 0) rows[whole]! &= (1 << past) - 1;
    if (rows.every((word) => word === 0)) return false;
    for (let word = 0; word < whole; word += 1) if (rows[word] !== 0xffffffff) return rows;
    return past === 0 || rows[whole] === (1 << past) - 1 ? true : rows;
  }
}

/** Equal for comparisons that ask for the same rows. */
function keyOf({ attribute, type, isList, comparator, values }: Comparison, rowCount: number): string {
  const texts = values.map((value) => String(value instanceof Date ? value.getTime() : value));
  return JSON.stringify([rowCount, attribute, type, isList, comparator, ...texts]);
}

function and(into: Uint32Array, other: Uint32Array): void {
  for (let word = 0; word < into.length; word += 1) into[word]! &= other[word]!;
}

function or(into: Uint32Array, other: Uint32Array): void {
  for (let word = 0; word < into.length; word += 1) into[word]! |= other[word]!;
}

function bytesOfWords(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
