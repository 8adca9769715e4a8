/**
 * The index of one attribute column of a segment file: its distinct values in order, and the rows of each.
 *
 * Columns `attribute.<i>.first` (uint32[values]: where in the attribute's own values each distinct one stands, so that none is stored
 * twice), then the rows in one of two ways. Many rows a value: `.setStarts` (uint32[values + 1], bytes) into `.sets`, a Roaring bitmap
 * each. Few: `.rowStarts` (uint32[values + 1]) into `.rows` (uint32, ascending within a value). NaN is in no index, since no
 * comparison but "unequal" finds it. Files from before there were indexes have none of these columns.
 */
import { setBit } from '../bitmap.js';
import type { AttributeScalar } from '../document.js';
import { unionInto } from '../filter/roaring.js';
import { compareScalars } from '../filter/scalar-order.js';
import type { ColumnFile } from './column-file.js';
import type { ValueCondition } from './segment-reader.js';

export interface AttributeIndex {
  /** Sets the bits of all rows with a value, or element, that satisfies `condition`. Rows without room in `bits` are left out. */
  mark(condition: ValueCondition, bits: Uint8Array): void;
}

/** The index beside the columns `prefix`, whose value number n is `element(n)`; null when the file has none. */
export function readAttributeIndex(
  file: ColumnFile,
  prefix: string,
  element: (at: number) => AttributeScalar,
): AttributeIndex | null {
  if (!file.has(`${prefix}.first`)) return null;
  const first = file.u32(`${prefix}.first`);
  const markRange = rangeMarker(file, prefix);
  const order = (at: number, value: AttributeScalar): number => compareScalars(element(first[at]!), value);
  return {
    mark: (condition, bits) => {
      for (const [from, to] of rangesOf(condition, first.length, {
        order,
        text: (at) => element(first[at]!) as string,
      })) {
        markRange(bits, from, to);
      }
    },
  };
}

function rangeMarker(file: ColumnFile, prefix: string): (bits: Uint8Array, from: number, to: number) => void {
  if (file.has(`${prefix}.sets`)) {
    const starts = file.u32(`${prefix}.setStarts`);
    const sets = file.u8(`${prefix}.sets`);
    return (bits, from, to) => {
      for (let value = from; value < to; value += 1) unionInto(bits, sets, starts[value]!);
    };
  }
  const starts = file.u32(`${prefix}.rowStarts`);
  const rows = file.u32(`${prefix}.rows`);
  return (bits, from, to) => {
    for (let at = starts[from]!; at < starts[to]!; at += 1) setBit(bits, rows[at]!);
  };
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

/** The smallest number below `count` for which `holds`, which holds from there on; `count` when there is none. */
function firstAt(count: number, holds: (at: number) => boolean): number {
  let from = 0;
  let to = count;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}
