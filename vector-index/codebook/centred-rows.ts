/**
 * Token rows of one document without their mean, as directions and lengths.
 *
 * The tokens of a document have much in common, the more so the further its text is from what a codec was trained on: of the energy that
 * rows of scientific abstracts have beyond their centroids, which are of dictionary text, three fifths lie in the mean of each document.
 */
import { bytesOf } from '../../base/bytes.js';
import { toFloat16, toFloat32 } from '../../kernels/kernels.js';
import { meanBytes } from '../../kernels/max-sim/means.js';

const levelMax = 127;

export interface CentredRows {
  /** uint8[meanBytes]: step and levels (kernels/max-sim/means.ts). */
  readonly mean: Uint8Array;
  /** float32[n, dim]: rows − mean, to unit length; zeros for a row that is the mean. */
  readonly directions: Float32Array;
  /** float32[n]: |row − mean|. */
  readonly lengths: Float32Array;
}

/** Of `rows` float32[n, dim], at least one; dim a multiple of 4. Loops are written out for four dimensions: every document passes here. */
export function centreRows(rows: Float32Array, dim: number): CentredRows {
  const mean = quantized(meanOf(rows, dim));
  const kept = meanFrom(mean);
  const directions = new Float32Array(rows.length);
  const lengths = new Float32Array(rows.length / dim);
  for (let row = 0, from = 0; from < rows.length; row++, from += dim) {
    const squares = subtract(rows, from, kept, directions);
    lengths[row] = Math.sqrt(squares);
    const inverse = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let i = from; i < from + dim; i += 4) {
      directions[i]! *= inverse;
      directions[i + 1]! *= inverse;
      directions[i + 2]! *= inverse;
      directions[i + 3]! *= inverse;
    }
  }
  return { mean, directions, lengths };
}

/** The row of `rows` that begins at `from`, less `mean`, into the same place of `rests`; gives the sum of squares. */
function subtract(rows: Float32Array, from: number, mean: Float32Array, rests: Float32Array): number {
  let squares = 0;
  for (let j = 0, i = from; j < mean.length; j += 4, i += 4) {
    const a = rows[i]! - mean[j]!;
    const b = rows[i + 1]! - mean[j + 1]!;
    const c = rows[i + 2]! - mean[j + 2]!;
    const d = rows[i + 3]! - mean[j + 3]!;
    rests[i] = a;
    rests[i + 1] = b;
    rests[i + 2] = c;
    rests[i + 3] = d;
    squares += a * a;
    squares += b * b;
    squares += c * c;
    squares += d * d;
  }
  return squares;
}

/** float32[dim] of a mean's bytes. */
export function meanFrom(mean: Uint8Array): Float32Array {
  const [step = 0] = toFloat32(Uint16Array.of(mean[0]! | (mean[1]! << 8)));
  const levels = new Int8Array(mean.buffer, mean.byteOffset + 2, mean.length - 2);
  return Float32Array.from(levels, (level) => step * level);
}

function meanOf(rows: Float32Array, dim: number): Float64Array {
  const mean = new Float64Array(dim);
  const share = dim / rows.length;
  for (let j = 0; j < dim; j += 4) {
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let i = j; i < rows.length; i += dim) {
      a += rows[i]!;
      b += rows[i + 1]!;
      c += rows[i + 2]!;
      d += rows[i + 3]!;
    }
    mean[j] = a * share;
    mean[j + 1] = b * share;
    mean[j + 2] = c * share;
    mean[j + 3] = d * share;
  }
  return mean;
}

function quantized(mean: Float64Array): Uint8Array {
  const largest = mean.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const bits = toFloat16(Float32Array.of(largest / levelMax));
  const step = toFloat32(bits)[0]!;
  const bytes = new Uint8Array(meanBytes(mean.length));
  bytes.set(bytesOf(bits));
  if (!(step > 0)) return bytes;
  const levels = Int8Array.from(mean, (value) => Math.max(-levelMax, Math.min(levelMax, Math.round(value / step))));
  bytes.set(bytesOf(levels), 2);
  return bytes;
}
