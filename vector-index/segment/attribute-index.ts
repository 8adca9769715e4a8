/**
 * The index of one attribute column of a segment file: its distinct values in order, and the rows of each.
 *
 * Columns `attribute.<i>.first` (uint32[values]: where in the attribute's own values each distinct one stands, so that none is stored
 * twice), then the rows in one of three ways. Many rows a value: `.setStarts` (uint32[values + 1], bytes) into `.sets`, a Roaring
 * bitmap each. Few: `.rowStarts` (uint32[values + 1]) into `.rows` (uint32, ascending within a value). One: nothing, since a row is
 * where its value stands. NaN is in no index, for no comparison but "unequal" finds it. Files from before there were indexes have
 * none of these columns.
 */
import { firstAt } from '../binary-search.js';
import { clearBit, countBits, setBit } from '../bitmap.js';
import type { AttributeScalar } from '../document.js';
import { unionInto } from '../filter/roaring.js';
import { compareScalars } from '../filter/scalar-order.js';
import type { ColumnFile } from './column-file.js';
import type { ValueCondition } from './segment-reader.js';

export interface AttributeIndex {
  /** Sets the bits of all rows with a value, or element, that satisfies `condition`. Rows without room in `bits` are left out. */
  mark(condition: ValueCondition, bits: Uint8Array): void;
}

/** The attribute's own columns, as its index needs them. */
export interface IndexedColumns {
  /** Value number `at`. */
  element(at: number): AttributeScalar;
  /** Bitmap of the rows that have a value; null for an attribute of lists, whose rows may have several. */
  readonly presence: Uint8Array | null;
}

/** The index beside the columns `prefix`; null when the file has none. */
export function readAttributeIndex(file: ColumnFile, prefix: string, columns: IndexedColumns): AttributeIndex | null {
  if (!file.has(`${prefix}.first`)) return null;
  const first = file.u32(`${prefix}.first`);
  const valueAt = (at: number): AttributeScalar => columns.element(first[at]!);
  const order = (at: number, value: AttributeScalar): number => compareScalars(valueAt(at), value);
  const marker = file.has(`${prefix}.sets`) ? setMarker(file, prefix) : rowMarker(file, prefix, columns.presence);
  return {
    mark: (condition, bits) => {
      const ranges = rangesOf(condition, first.length, { order, text: (at) => valueAt(at) as string });
      if (ranges.length === 1) marker.markOnly(bits, ...ranges[0]!);
      else for (const [from, to] of ranges) marker.mark(bits, from, to);
    },
  };
}

/** Sets the bits of the rows whose value is one of numbers `from` to `to`. */
interface RangeMarker {
  mark(bits: Uint8Array, from: number, to: number): void;
  /** The same where no bit is set yet. */
  markOnly(bits: Uint8Array, from: number, to: number): void;
}

function setMarker(file: ColumnFile, prefix: string): RangeMarker {
  const starts = file.u32(`${prefix}.setStarts`);
  const sets = file.u8(`${prefix}.sets`);
  const mark = (bits: Uint8Array, from: number, to: number): void => {
    for (let value = from; value < to; value += 1) unionInto(bits, sets, starts[value]!);
  };
  return { mark, markOnly: mark };
}

function rowMarker(file: ColumnFile, prefix: string, presence: Uint8Array | null): RangeMarker {
  const isOneEach = !file.has(`${prefix}.rows`);
  const rows = file.u32(isOneEach ? `${prefix}.first` : `${prefix}.rows`);
  const starts = file.u32(`${prefix}.rowStarts`);
  const startOf = (value: number): number => (isOneEach ? value : starts[value]!);
  const mark = (bits: Uint8Array, from: number, to: number): void => {
    const end = startOf(to);
    for (let at = startOf(from); at < end; at += 1) setBit(bits, rows[at]!);
  };
  // Rows with NaN are present and yet not among `rows`.
  const all = presence !== null && countBits(presence, file.layout.rows) === rows.length ? presence : null;
  if (all === null) return { mark, markOnly: mark };
  const markOnly = (bits: Uint8Array, from: number, to: number): void => {
    const [start, end] = [startOf(from), startOf(to)];
    if (2 * (end - start) <= rows.length) return mark(bits, from, to);
    // Most rows: it is less work to take away the others.
    bits.set(all.subarray(0, bits.length));
    for (let at = 0; at < start; at += 1) clearBit(bits, rows[at]!);
    for (let at = end; at < rows.length; at += 1) clearBit(bits, rows[at]!);
  };
  return { mark, markOnly };
}

/** The distinct values as a search over them needs it. */
interface Distinct {
  /** Negative, 0 or positive as value number `at` is before, equal to or after `value`. */
  order(at: number, value: AttributeScalar): number;
  /** Value number `at` of an attribute of strings. */
  text(at: number): string;
}

/** Ranges [from, to) of distinct values that satisfy the condition; those of `in` may repeat. */
function rangesOf(condition: ValueCondition, count: number, distinct: Distinct): (readonly [number, number])[] {
  const { comparator, values } = condition;
  const [first] = values;
  const notBefore = (value: AttributeScalar): number => firstAt(count, (at) => distinct.order(at, value) >= 0);
  const after = (value: AttributeScalar): number => firstAt(count, (at) => distinct.order(at, value) > 0);
  if (comparator === 'in') return values.filter(isOrdered).map((value) => [notBefore(value), after(value)]);
  if (first === undefined || !isOrdered(first)) return [];
  switch (comparator) {
    case 'equal':
    case 'contains':
      return [[notBefore(first), after(first)]];
    case 'less':
      return [[0, notBefore(first)]];
    case 'lessEqual':
      return [[0, after(first)]];
    case 'greater':
      return [[after(first), count]];
    case 'greaterEqual':
      return [[notBefore(first), count]];
    case 'startsWith': {
      const from = notBefore(first);
      // Whatever begins with the prefix stands behind the prefix itself, in one piece.
      const length = firstAt(count - from, (at) => !distinct.text(from + at).startsWith(first as string));
      return [[from, from + length]];
    }
  }
}

/** NaN has no place among the others. */
function isOrdered(value: AttributeScalar): boolean {
  return compareScalars(value, value) === 0;
}
