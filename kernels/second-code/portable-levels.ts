/** Portable twin of the second edition of values.h: its levels and how codes are made, the same bits. */
import { floatOfHalf, toFloat16 } from '../float16/portable.js';
import { rowProduct } from '../list-search/row-product.js';

const halfMax = 65504;
const bucketLast = 254;
const stepsInHeader = 128;
const feedbackWidth = 64;
const spreads = [0.86, 0.94, 1.02, 1.1, 1.19, 1.29, 1.41];
const count = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** By bits: magnitudes, and what the last of them is of a deviation. */
const levelsOf: Readonly<Record<number, { readonly magnitudes: readonly number[]; readonly reach: number }>> = {
  1: { magnitudes: [1], reach: 0.7978846 },
  2: { magnitudes: [3, 10], reach: 1.5104176 },
  3: { magnitudes: [14, 45, 79, 127], reach: 2.1519457 },
  4: { magnitudes: [3, 9, 15, 21, 29, 37, 47, 63], reach: 2.745 },
  5: { magnitudes: [3, 8, 13, 18, 24, 29, 35, 41, 47, 54, 61, 70, 79, 90, 105, 127], reach: 3.2607326 },
  6: {
    magnitudes: [
      ...[1, 3, 6, 8, 10, 13, 15, 17, 20, 22, 24, 27, 30, 32, 35, 38],
      ...[40, 43, 46, 49, 53, 56, 60, 64, 68, 73, 78, 84, 91, 99, 110, 127],
    ],
    reach: 3.7441016,
  },
  7: {
    magnitudes: [
      ...count(0, 42),
      ...[44, 46, 48, 50, 52, 54, 56, 58, 60, 62, 64, 67, 70, 73, 76, 80, 84, 89, 96, 106, 127],
    ],
    reach: 4.69,
  },
  8: { magnitudes: count(0, 127), reach: 3.9 },
};

/** By bits, uint8[255]: m of each bucket of half a unit. */
const bucketsOf: Readonly<Record<number, Uint8Array>> = Object.fromEntries(
  Object.entries(levelsOf).map(([bits, { magnitudes }]) => {
    let m = 0;
    const buckets = Uint8Array.from({ length: bucketLast + 1 }, (_, bucket) => {
      while (m + 1 < magnitudes.length && magnitudes[m]! + magnitudes[m + 1]! <= bucket) m += 1;
      return m;
    });
    return [bits, buckets];
  }),
);

/** The magnitudes of `bits`, 1 to 7, by m. */
export function magnitudesOf(bits: number): readonly number[] {
  return levelsOf[bits]!.magnitudes;
}

/** Codes uint8[dim] of `leftOver` in `bits`, the header of their step, and float32[dim] that they stand for; `feedback` as values.h has it. */
export function encodeLevels(
  leftOver: Float32Array,
  bits: number,
  feedback: Float32Array | null,
): { readonly header: number; readonly codes: Uint8Array; readonly decoded: Float32Array } {
  const header = bestHeader(leftOver, bits);
  const step = stepOf(header);
  const codes = new Uint8Array(leftOver.length);
  const decoded = new Float32Array(leftOver.length);
  const left = new Float32Array(feedbackWidth);
  leftOver.forEach((value, j) => {
    const rows = feedback?.subarray(2 * j * feedbackWidth, 2 * (j + 1) * feedbackWidth);
    const aim = rows === undefined ? value : Math.fround(value + rowProduct(left, rows, 0));
    const m = bucketsOf[bits]![bucketOf(Math.abs(aim), inverseOf(step))]!;
    const size = Math.fround(step * magnitudesOf(bits)[m]!);
    decoded[j] = aim < 0 ? -size : size;
    codes[j] = aim >= 0 || Number.isNaN(aim) ? m : bits === 8 ? -m : m | (1 << (bits - 1));
    const error = Math.fround(value - decoded[j]!);
    rows?.subarray(feedbackWidth).forEach((share, i) => (left[i]! += Math.fround(error * share)));
  });
  return { header, codes, decoded };
}

function bucketOf(size: number, inverse: number): number {
  const scaled = Math.fround(size * inverse);
  return Math.trunc(scaled < bucketLast ? scaled : bucketLast);
}

function stepOf(header: number): number {
  return Math.fround(floatOfHalf(header) / stepsInHeader);
}

function inverseOf(step: number): number {
  return step > 0 ? Math.fround(2 / step) : 0;
}

function bestHeader(leftOver: Float32Array, bits: number): number {
  const squares = [0, 0, 0, 0];
  let largest = 0;
  leftOver.forEach((value, j) => {
    const size = Math.abs(value);
    largest = size > largest ? size : largest;
    squares[j & 3]! += size * size;
  });
  const deviation = Math.sqrt((squares[0]! + squares[1]! + (squares[2]! + squares[3]!)) / leftOver.length);
  const { magnitudes, reach } = levelsOf[bits]!;
  const sizes = bucketsOf[bits]!;
  let [best, least] = [0, 0];
  [largest, ...spreads.map((spread) => deviation * reach * spread)].forEach((size, i) => {
    const header = halfOf((size / magnitudes.at(-1)!) * stepsInHeader);
    const error = squaredError(leftOver, stepOf(header), (bucket) => magnitudes[sizes[bucket]!]!);
    if (i > 0 && !(error < least)) return;
    least = error;
    best = header;
  });
  return best;
}

function squaredError(leftOver: Float32Array, step: number, magnitudeOf: (bucket: number) => number): number {
  const inverse = inverseOf(step);
  let sum = 0;
  for (const value of leftOver) {
    const size = Math.abs(value);
    const difference = Math.fround(size - Math.fround(step * magnitudeOf(bucketOf(size, inverse))));
    sum = Math.fround(sum + Math.fround(difference * difference));
  }
  return sum;
}

function halfOf(value: number): number {
  const bits = new Uint16Array(1);
  toFloat16(Float32Array.of(Math.min(value, halfMax)), bits);
  return bits[0]!;
}
