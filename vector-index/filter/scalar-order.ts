/**
 * How two values of one attribute type compare: the definition that every way of evaluating a filter follows.
 *
 * Strings by code points, which is the order of their UTF-8 bytes; numbers as IEEE 754 has it, so NaN is unequal to everything and
 * neither smaller nor larger, and -0 equals 0; false before true; timestamps by their milliseconds.
 */
import type { AttributeScalar } from '../document.js';

/** Negative, 0 or positive as `left` is before, equal to or after `right`; NaN where neither holds. Both are of one type. */
export function compareScalars(left: AttributeScalar, right: AttributeScalar): number {
  if (typeof left === 'string') return compareStrings(left, right as string);
  if (typeof left === 'bigint') return left < (right as bigint) ? -1 : left > (right as bigint) ? 1 : 0;
  return compareNumbers(Number(left), Number(right));
}

/** Order of two strings by code points. */
export function compareStrings(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at += 1) {
    const difference = codePointRank(left.charCodeAt(at)) - codePointRank(right.charCodeAt(at));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** UTF-16 puts the surrogates, that is all code points above U+FFFF, before U+E000 to U+FFFF; here they come behind. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

function compareNumbers(left: number, right: number): number {
  if (left < right) return -1;
  if (left > right) return 1;
  return left === right ? 0 : Number.NaN;
}
