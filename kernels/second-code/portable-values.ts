/** Portable twin of values.h, its first edition and the products of both: the same bits. */
import { floatOfHalf, toFloat16 } from '../float16/portable.js';
import { magnitudesOf } from './portable-levels.js';
import { bitsOfKind, hasFineQuery, isSecondEdition } from './record.js';

const halfMax = 65504;
const tried = 4;
const groupDims = 32;
const finest = 127 * 128;
/** Steps in the header of a record. */
export const stepsInHeader = 128;
const shares = [1, 0.85, 0.7, 0.55];
const spreads = [0, 0.9, 1, 1.12];

interface Levels {
  readonly magnitudes: readonly number[];
  /** What the last of them is of a deviation. */
  readonly reach: number;
}

const even = (count: number): Levels => ({ magnitudes: Array.from({ length: count }, (_, m) => 2 * m + 1), reach: 0 });

const levelsOf: Readonly<Record<number, Levels>> = {
  1: { magnitudes: [1], reach: 0.7978846 },
  2: { magnitudes: [3, 10], reach: 1.5104176 },
  3: { magnitudes: [14, 45, 79, 127], reach: 2.1519457 },
  5: { magnitudes: [3, 8, 13, 18, 24, 29, 35, 41, 47, 54, 61, 70, 79, 90, 105, 127], reach: 3.2607326 },
  6: {
    magnitudes: [
      ...[1, 3, 6, 8, 10, 13, 15, 17, 20, 22, 24, 27, 30, 32, 35, 38],
      ...[40, 43, 46, 49, 53, 56, 60, 64, 68, 73, 78, 84, 91, 99, 110, 127],
    ],
    reach: 3.7441016,
  },
  7: even(64),
  8: { magnitudes: Array.from({ length: 128 }, (_, m) => m), reach: 0 },
};

/** Codes of `leftOver` into `values`, which come zeroed. */
export function encodeValues(
  leftOver: Float32Array,
  bits: number,
  values: Uint8Array,
): { readonly header: number; readonly decoded: Float32Array } {
  const header = bestHeader(leftOver, bits);
  const step = stepOf(header);
  const decoded = new Float32Array(leftOver.length);
  leftOver.forEach((value, j) => {
    const magnitude = magnitudeOf(value, step, bits);
    const isNegative = value < 0;
    decoded[j] = decodedOf(value, step, { magnitude, bits });
    const sign = isNegative ? 1 << (bits - 1) : 0;
    const code = bits === 8 ? (isNegative ? -magnitude & 255 : magnitude) : magnitude | sign;
    putCode(values, j, code, bits);
  });
  return { header, decoded };
}

/** P, from levels int8[dim] or, from 5 bits on, int8[2, dim]. */
export function valueProduct(values: Uint8Array, levels: Int8Array, kind: number): number {
  const isFine = hasFineQuery(kind);
  const bits = bitsOfKind(kind);
  const dim = isFine ? levels.length / 2 : levels.length;
  let [high, low] = [0, 0];
  for (let j = 0; j < dim; j++) {
    const value = valueOf(codeAt(groupOf(values, j, bits), j % groupDims, bits), kind);
    high += levels[j]! * value;
    if (isFine) low += levels[dim + j]! * value;
  }
  return isFine ? 128 * high + low : high;
}

/** Levels int8[2, padded dim] of `query`, whose values are at most `largest` in size; gives half the unit. */
export function quantizeFinely(query: Float32Array, largest: number, levels: Int8Array): number {
  const padded = levels.length / 2;
  for (let j = 0; j < query.length; j++) {
    const level = (query[j]! * finest) / largest;
    const whole = level >= -finest && level <= finest ? Math.floor(level + 0.5) : 0;
    const high = (whole + 64) >> 7;
    levels[j] = high;
    levels[padded + j] = whole - 128 * high;
  }
  return largest / (2 * finest);
}

function groupOf(values: Uint8Array, j: number, bits: number): Uint8Array {
  const first = Math.floor(j / groupDims) * 4 * bits;
  return values.subarray(first, first + 4 * bits);
}

function codeAt(group: Uint8Array, j: number, bits: number): number {
  if (bits === 8) return group[j]!;
  let [code, shift, at] = [0, 0, 0];
  if (bits >= 4) {
    code = (group[j % 16]! >> (4 * (j >> 4))) & 15;
    [shift, at] = [4, 16];
  }
  if ((bits & 2) !== 0) {
    code |= ((group[at + (j % 8)]! >> (2 * (j >> 3))) & 3) << shift;
    shift += 2;
    at += 8;
  }
  if ((bits & 1) !== 0) code |= ((group[at + (j >> 3)]! >> (j % 8)) & 1) << shift;
  return code;
}

/** One code, of dimension `at`, into `values`, where its bits are zero. */
export function putCode(values: Uint8Array, at: number, code: number, bits: number): void {
  putInGroup(groupOf(values, at, bits), at % groupDims, code, bits);
}

function putInGroup(group: Uint8Array, j: number, code: number, bits: number): void {
  if (bits === 8) {
    group[j] = code;
    return;
  }
  let [rest, at] = [code, 0];
  if (bits >= 4) {
    group[j % 16]! |= (rest & 15) << (4 * (j >> 4));
    rest >>= 4;
    at = 16;
  }
  if ((bits & 2) !== 0) {
    group[at + (j % 8)]! |= (rest & 3) << (2 * (j >> 3));
    rest >>= 2;
    at += 8;
  }
  if ((bits & 1) !== 0) group[at + (j >> 3)]! |= (rest & 1) << (j % 8);
}

function valueOf(code: number, kind: number): number {
  const bits = bitsOfKind(kind);
  if (bits === 8) return (code << 24) >> 24;
  const sign = 1 << (bits - 1);
  const magnitudes = isSecondEdition(kind) ? magnitudesOf(bits) : levelsOf[bits]!.magnitudes;
  const magnitude = magnitudes[code & (sign - 1)]!;
  return (code & sign) === 0 ? magnitude : -magnitude;
}

function magnitudeOf(value: number, step: number, bits: number): number {
  if (!(step > 0)) return 0;
  const size = Math.fround(Math.abs(value) / step);
  if (bits >= 7) {
    const kept = size > 0 ? Math.min(size, 127) : 0;
    return Math.floor(bits === 7 ? kept * 0.5 : Math.fround(kept + 0.5));
  }
  const { magnitudes } = levelsOf[bits]!;
  let magnitude = 0;
  for (let i = 1; i < magnitudes.length; i++) magnitude += size >= (magnitudes[i - 1]! + magnitudes[i]!) / 2 ? 1 : 0;
  return magnitude;
}

function decodedOf(value: number, step: number, of: { readonly magnitude: number; readonly bits: number }): number {
  const size = Math.fround(step * levelsOf[of.bits]!.magnitudes[of.magnitude]!);
  return value < 0 ? -size : size;
}

function squaredError(leftOver: Float32Array, step: number, bits: number): number {
  const sums = [0, 0, 0, 0];
  leftOver.forEach((value, j) => {
    const difference = value - decodedOf(value, step, { magnitude: magnitudeOf(value, step, bits), bits });
    sums[j & 3]! += difference * difference;
  });
  return sums[0]! + sums[1]! + (sums[2]! + sums[3]!);
}

function stepOf(header: number): number {
  return Math.fround(floatOfHalf(header) / stepsInHeader);
}

function bestHeader(leftOver: Float32Array, bits: number): number {
  let [largest, squares] = [0, 0];
  for (const value of leftOver) {
    const size = Math.abs(value);
    largest = size > largest ? size : largest;
    squares += size * size;
  }
  const { magnitudes, reach } = levelsOf[bits]!;
  const last = bits >= 7 ? 127 : magnitudes[magnitudes.length - 1]!;
  const deviation = Math.sqrt(squares / leftOver.length);
  let [best, least] = [0, 0];
  for (let i = 0; i < tried; i++) {
    const size = bits >= 7 ? largest * shares[i]! : i === 0 ? largest : deviation * reach * spreads[i]!;
    const header = halfOf((size / last) * stepsInHeader);
    const error = squaredError(leftOver, stepOf(header), bits);
    if (i > 0 && !(error < least)) continue;
    least = error;
    best = header;
  }
  return best;
}

function halfOf(value: number): number {
  const bits = new Uint16Array(1);
  toFloat16(Float32Array.of(Math.min(value, halfMax)), bits);
  return bits[0]!;
}
