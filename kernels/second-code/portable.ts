/** Portable twin of second-code.h: the same bits, all in float64 but for the residuals. */
import { assert } from '../../base/assert.js';
import { placeOf } from '../adc-scan/portable.js';
import { floatOfHalf, toFloat16 } from '../float16/portable.js';
import { pause } from '../job.js';
import type { BatchArrays, NativeKernels, SurvivorArrays } from '../native-kernels.js';
import { decodeVector, encodeVectors, fillResidual } from '../product-code/portable.js';
import { encodeLevels, magnitudesOf } from './portable-levels.js';
import { encodeValues, putCode, quantizeFinely, stepsInHeader, valueProduct } from './portable-values.js';
import { bitsOfKind, evenNibbles, isSecondEdition, normalNibbles, paddedDim, recordBytes } from './record.js';

const headerBytes = 6;
const halfMax = 65504;
const shares = [1, 0.85, 0.7, 0.55] as const;
const vectorsBetweenPauses = 16;

/** See `NativeKernels.quantizeQuery`. */
export const quantizeQuery: NativeKernels['quantizeQuery'] = (query, levels) => {
  const largest = largestOf(query);
  levels.fill(0);
  if (!(largest > 0) || !Number.isFinite(largest)) return 0;
  if (levels.length > paddedDim(query.length)) return quantizeFinely(query, largest, levels);
  for (let j = 0; j < query.length; j++) {
    const level = Math.floor((query[j]! * 127) / largest + 0.5);
    levels[j] = level >= -127 && level <= 127 ? level : 0;
  }
  return largest / 254;
};

/** See `NativeKernels.scoreSurvivors`. */
export const scoreSurvivors: NativeKernels['scoreSurvivors'] = (...arrays) => {
  if (arrays[13][0] !== 0) return -1;
  scoreRange(arrays, 0, arrays[10].length);
  return 0;
};

/** See `NativeKernels.encodeSecond`. */
export const encodeSecond: NativeKernels['encodeSecond'] = (
  ...[points, base, anchor, codebook, dsub, codes, , records, kind, feedback]
) => {
  const dim = codebook.length / 16;
  const count = points.length / dim;
  const residual = new Float32Array(dim);
  const leftOver = new Float32Array(dim);
  records.fill(0);
  for (let v = 0; v < count; v++) {
    const pairs = codes.length / count;
    fillResidual(points.subarray(v * dim, (v + 1) * dim), base, residual);
    decodeVector(codebook, dsub, codes.subarray(v * pairs, (v + 1) * pairs), leftOver);
    for (let j = 0; j < dim; j++) leftOver[j] = residual[j]! - leftOver[j]!;
    const size = records.length / count;
    writeRecord({ residual, leftOver, anchor, kind, feedback }, records.subarray(v * size, (v + 1) * size));
  }
};

/** See `NativeKernels.encodeBatch`. */
export const encodeBatch: NativeKernels['encodeBatch'] = (...arrays) => {
  checkBatch(arrays);
  if (arrays[12][0] !== 0) return -1;
  for (let v = 0; v < arrays[2].length; v++) encodeOne(arrays, v);
  return 0;
};

/** See `NativeKernels.encodeBatchAsync`. */
export const encodeBatchAsync: NativeKernels['encodeBatchAsync'] = async (...arrays) => {
  checkBatch(arrays);
  for (let v = 0; v < arrays[2].length; v++) {
    if (v % vectorsBetweenPauses === 0) await pause();
    if (arrays[12][0] !== 0) return -1;
    encodeOne(arrays, v);
  }
  return 0;
};

function checkBatch([, dim, lists, bases]: BatchArrays): void {
  assert(
    lists.every((list) => (list + 1) * dim <= bases.length),
    'refused: the lists have a base',
  );
}

function encodeOne(arrays: BatchArrays, v: number): void {
  const [
    points,
    dim,
    lists,
    bases,
    anchors,
    codebook,
    dsub,
    scales,
    ,
    codes,
    factors,
    records,
    ,
    kind,
    feedback,
    metric,
  ] = arrays;
  const padded = (rows: Float32Array, row: number) => {
    const own = new Float32Array(codebook.length / 16);
    own.set(rows.subarray(row * dim, (row + 1) * dim));
    return own;
  };
  const [point, base, anchor] = [padded(points, v), padded(bases, lists[v]!), padded(anchors, lists[v]!)];
  const own = <T extends { subarray(from: number, to: number): T; length: number }>(all: T): T =>
    all.subarray((v * all.length) / lists.length, ((v + 1) * all.length) / lists.length);
  const none = new Float32Array(0);
  encodeVectors(point, base, anchor, codebook, dsub, scales, none, own(codes), own(factors), metric);
  if (records !== null)
    encodeSecond(point, base, anchor, codebook, dsub, own(codes), none, own(records), kind, feedback);
}

function scoreRange(arrays: SurvivorArrays, from: number, to: number): void {
  const [, levels, halfUnit, dim, , , counts, firsts, biases, records, positions, lists, scores, , kind] = arrays;
  const size = recordBytes(dim, kind);
  const levelSum = levels.reduce((sum, level) => sum + level, 0);
  for (let i = from; i < to; i++) {
    const list = lists[i]!;
    const vector = positions[i]! - firsts[list]!;
    assert(vector >= 0 && vector < counts[list]!, 'refused: a survivor lies outside its list');
    const record = records.subarray(positions[i]! * size, (positions[i]! + 1) * size);
    const terms = secondTerms(record, { levels, halfUnit, levelSum, kind });
    const first = firstProduct(arrays, list, vector);
    scores[i] = terms.rescale * (first + terms.second) + terms.shift + biases[list]!;
  }
}

/** f, E and t of a record. */
export function secondTerms(
  record: Uint8Array,
  query: { readonly levels: Int8Array; readonly halfUnit: number; readonly levelSum: number; readonly kind: number },
): { readonly rescale: number; readonly second: number; readonly shift: number } {
  const { levels, halfUnit, levelSum, kind } = query;
  const [step, kept, shift] = [0, 2, 4].map((at) => floatOfHalf(record[at]! | (record[at + 1]! << 8)));
  const rescale = rescaleOrigin(kind) + kept!;
  const codes = record.subarray(headerBytes);
  if (kind === evenNibbles) {
    const product = nibbleProduct(codes, levels, (nibble) => nibble);
    return { rescale, second: step! * halfUnit * (2 * product - 15 * levelSum), shift: shift! };
  }
  const product =
    kind === normalNibbles ? nibbleProduct(codes, levels, normalValue) : valueProduct(codes, levels, kind);
  return { rescale, second: step! * halfUnit * (product * (2 / stepsInHeader)), shift: shift! };
}

function firstProduct(arrays: SurvivorArrays, list: number, vector: number): number {
  const [tables, , , , codes, offsets, counts] = arrays;
  const subquantizers = tables.length / 16;
  const pairs = ((subquantizers + 3) & ~3) / 2;
  const { code, width } = placeOf(pairs, counts[list]!, vector);
  const start = Number(offsets[list]!) + code;
  const sums = [0, 0, 0, 0];
  for (let s = 0; s < subquantizers; s++) {
    const nibble = (codes[start + (s >> 1) * width]! >> (4 * (s & 1))) & 15;
    sums[s & 3]! += tables[s * 16 + nibble]!;
  }
  return sums[0]! + sums[1]! + (sums[2]! + sums[3]!);
}

/** What f in the header of a record is told from. */
function rescaleOrigin(kind: number): number {
  return isSecondEdition(kind) ? 1 : 0;
}

function normalValue(nibble: number): number {
  const magnitude = magnitudesOf(4)[nibble & 7]!;
  return nibble < 8 ? magnitude : -magnitude;
}

function nibbleProduct(nibbles: Uint8Array, levels: Int8Array, valueOf: (nibble: number) => number): number {
  let sum = 0;
  for (let from = 0; from < levels.length; from += 64) {
    const half = levels.length - from >= 64 ? 32 : 16;
    for (let j = 0; j < half; j++) {
      const byte = nibbles[from / 2 + j]!;
      sum += levels[from + j]! * valueOf(byte & 15) + levels[from + half + j]! * valueOf(byte >> 4);
    }
  }
  return sum;
}

interface Row {
  readonly residual: Float32Array;
  readonly leftOver: Float32Array;
  readonly anchor: Float32Array | null;
  readonly kind: number;
  readonly feedback: Float32Array | null;
}

function writeRecord({ residual, leftOver, anchor, kind, feedback }: Row, record: Uint8Array): void {
  const { header, decoded: values } = encodeLeftOver({ leftOver, kind, feedback }, record.subarray(headerBytes));
  let [norm, product, anchorResidual, anchorDecoded] = [0, 0, 0, 0];
  for (let j = 0; j < residual.length; j++) {
    const r = residual[j]!;
    const a = anchor === null ? 0 : anchor[j]!;
    const decoded = r - leftOver[j]! + values[j]!;
    norm += r * r;
    product += r * decoded;
    anchorResidual += a * r;
    anchorDecoded += a * decoded;
  }
  const origin = rescaleOrigin(kind);
  const rescale = halfOf((product > 0 ? norm / product : 0) - origin);
  const shift = halfOf(anchorResidual - (origin + floatOfHalf(rescale)) * anchorDecoded);
  [header, rescale, shift].forEach((bits, at) => record.set([bits & 255, bits >> 8], 2 * at));
}

/** Codes of `leftOver` into `values`, which come zeroed. */
function encodeLeftOver(
  { leftOver, kind, feedback }: Pick<Row, 'leftOver' | 'kind' | 'feedback'>,
  values: Uint8Array,
): { readonly header: number; readonly decoded: ArrayLike<number> } {
  const bits = bitsOfKind(kind);
  if (kind === evenNibbles) return encodeNibbles(leftOver, values);
  if (!isSecondEdition(kind)) return encodeValues(leftOver, bits, values);
  const { header, codes, decoded } = encodeLevels(leftOver, bits, feedback);
  codes.forEach((code, j) => (kind === normalNibbles ? putNibble(values, j, code) : putCode(values, j, code, bits)));
  return { header, decoded };
}

function encodeNibbles(
  leftOver: Float32Array,
  nibbles: Uint8Array,
): { readonly header: number; readonly decoded: Float64Array } {
  const header = bestStep(leftOver);
  const step = floatOfHalf(header);
  const decoded = Float64Array.from(leftOver, (value, j) => {
    const nibble = nibbleOf(value, step);
    putNibble(nibbles, j, nibble);
    return step * (nibble - 7.5);
  });
  return { header, decoded };
}

function putNibble(nibbles: Uint8Array, j: number, nibble: number): void {
  const from = j & ~63;
  const half = 2 * nibbles.length - from >= 64 ? 32 : 16;
  const at = j - from;
  nibbles[from / 2 + (at % half)]! |= at < half ? nibble : nibble << 4;
}

function bestStep(leftOver: Float32Array): number {
  const largest = largestOf(leftOver);
  let best = 0;
  let least = 0;
  for (const share of shares) {
    const bits = halfOf((largest * share) / 7.5);
    const error = squaredError(leftOver, floatOfHalf(bits));
    if (share !== shares[0] && !(error < least)) continue;
    least = error;
    best = bits;
  }
  return best;
}

function squaredError(leftOver: Float32Array, step: number): number {
  let error = 0;
  for (let j = 0; j < leftOver.length; j++) {
    const difference = leftOver[j]! - step * (nibbleOf(leftOver[j]!, step) - 7.5);
    error += difference * difference;
  }
  return error;
}

function nibbleOf(value: number, step: number): number {
  if (!(step > 0)) return 8;
  const bucket = Math.floor(value / step) + 8;
  return bucket > 0 ? Math.min(bucket, 15) : 0;
}

function largestOf(values: Float32Array): number {
  let largest = 0;
  for (let j = 0; j < values.length; j++) {
    const size = Math.abs(values[j]!);
    largest = size > largest ? size : largest;
  }
  return largest;
}

function halfOf(value: number): number {
  const bits = new Uint16Array(1);
  toFloat16(Float32Array.of(Math.min(Math.max(value, -halfMax), halfMax)), bits);
  return bits[0]!;
}
