/**
 * From what a row's residual is taken, and in which units, before its values fall into buckets.
 *
 * A unit row at cosine g to a unit centroid is nearest to g times that centroid, √(1 − g²) away from it. Text of another kind than a codec
 * was trained on lies further from all centroids; taken from the centroid itself its residuals are longer than they must be, and overflow
 * the outermost buckets. So there are several gains: a row takes the one nearest to its cosine, and its residual is measured in
 * √((1 − g²) / dim), times the spread of the dimension (a gain and a shape: Gersho and Gray, "Vector Quantization and Signal
 * Compression", section 12.10). This needs no byte: a centroid has a number for every gain, and the kernels see each as one of its own.
 */
import type { ScaleTables } from './token-codec-file.js';

/** Centroids and units of a codec. Without scales there is one gain, 1, and all units are 1. */
export interface RowUnits {
  /** float32[centroids × gains, dim], in units; a centroid's gains one behind the other. */
  readonly centroids: Float32Array;
  /** float32[gains, dim]: units that 1 is. */
  readonly inverses: Float32Array;
  /** float32[dim]: the square of what a decoded unit is, up to the row's factor. */
  readonly squares: Float32Array;
}

/** The number of the gain, of ascending `gains`, nearest to `cosine`. */
export function nearestGain(gains: Float32Array, cosine: number): number {
  let nearest = 0;
  while (nearest + 1 < gains.length && 2 * cosine > gains[nearest]! + gains[nearest + 1]!) nearest += 1;
  return nearest;
}

/** The root mean square of what a unit row has beyond `gain` times its unit centroid, where that is its cosine. */
export function residualScale(gain: number, dim: number): number {
  return Math.sqrt((1 - gain * gain) / dim);
}

/** The units of `means` float32[centroids, dim], which are of unit length where there are scales. Keeps `means` where there are none. */
export function rowUnits(means: Float32Array, dim: number, scaling: ScaleTables | null): RowUnits {
  if (scaling === null) return { centroids: means, inverses: ones(dim), squares: ones(dim) };
  const { spreads, gains } = scaling;
  const inverses = Float32Array.from(
    { length: gains.length * dim },
    (_, i) => 1 / (residualScale(gains[Math.floor(i / dim)]!, dim) * spreads[i % dim]!),
  );
  const centroids = new Float32Array(means.length * gains.length);
  for (let i = 0; i < means.length; i++) {
    const dimension = i % dim;
    const first = (i - dimension) * gains.length + dimension;
    for (let number = 0; number < gains.length; number++) {
      centroids[first + number * dim] = means[i]! * gains[number]! * inverses[number * dim + dimension]!;
    }
  }
  return { centroids, inverses, squares: spreads.map((spread) => spread * spread) };
}

function ones(dim: number): Float32Array {
  return new Float32Array(dim).fill(1);
}

/** A row to code: its values at rows[from], its units at inverses[unitsAt], its centroid at centroids[base], its codes from codes[at] on. */
export interface RowPlace {
  readonly rows: Float32Array;
  readonly from: number;
  readonly unitsAt: number;
  readonly base: number;
  readonly dim: number;
  readonly codes: Uint8Array;
  readonly at: number;
}

/** What residuals, in units, are rounded to. */
export interface Buckets {
  readonly nbits: number;
  /** float32[2^nbits − 1], ascending. */
  readonly cutoffs: Float32Array;
  /** float32[2^nbits] */
  readonly weights: Float32Array;
}

/** Writes a row's codes and gives |centroid + weights|², in squares of units. */
export function encodeRow(place: RowPlace, units: RowUnits, buckets: Buckets): number {
  return buckets.nbits === 2 ? encodeTwoBits(place, units, buckets) : encodeBits(place, units, buckets);
}

function encodeBits(place: RowPlace, units: RowUnits, { nbits, cutoffs, weights }: Buckets): number {
  const { rows, from, unitsAt, base, dim, codes } = place;
  const { centroids, inverses, squares } = units;
  const perByte = 8 / nbits;
  let at = place.at;
  let sum = 0;
  for (let j = 0; j < dim; j += perByte) {
    let byte = 0;
    for (let part = 0; part < perByte; part++) {
      const center = centroids[base + j + part]!;
      const residual = Math.fround(rows[from + j + part]! * inverses[unitsAt + j + part]! - center);
      let bucket = 0;
      for (let cutoff = 0; cutoff < cutoffs.length; cutoff++) bucket += residual > cutoffs[cutoff]! ? 1 : 0;
      const value = center + weights[bucket]!;
      sum += value * value * squares[j + part]!;
      byte |= bucket << (part * nbits);
    }
    codes[at++] = byte;
  }
  return sum;
}

/** `encodeBits` for two bits, written out for the four dimensions of a byte, three times as fast: every document passes here. */
function encodeTwoBits(place: RowPlace, units: RowUnits, { cutoffs, weights }: Buckets): number {
  const { rows, from, unitsAt, base, dim, codes } = place;
  const { centroids, inverses, squares } = units;
  const [low, middle, high] = [cutoffs[0]!, cutoffs[1]!, cutoffs[2]!];
  let at = place.at;
  let sum = 0;
  for (let j = 0; j < dim; j += 4) {
    const row = from + j;
    const unit = unitsAt + j;
    const mean = base + j;
    const c0 = centroids[mean]!;
    const c1 = centroids[mean + 1]!;
    const c2 = centroids[mean + 2]!;
    const c3 = centroids[mean + 3]!;
    const r0 = Math.fround(rows[row]! * inverses[unit]! - c0);
    const r1 = Math.fround(rows[row + 1]! * inverses[unit + 1]! - c1);
    const r2 = Math.fround(rows[row + 2]! * inverses[unit + 2]! - c2);
    const r3 = Math.fround(rows[row + 3]! * inverses[unit + 3]! - c3);
    const b0 = +(r0 > low) + +(r0 > middle) + +(r0 > high);
    const b1 = +(r1 > low) + +(r1 > middle) + +(r1 > high);
    const b2 = +(r2 > low) + +(r2 > middle) + +(r2 > high);
    const b3 = +(r3 > low) + +(r3 > middle) + +(r3 > high);
    const v0 = c0 + weights[b0]!;
    const v1 = c1 + weights[b1]!;
    const v2 = c2 + weights[b2]!;
    const v3 = c3 + weights[b3]!;
    sum += v0 * v0 * squares[j]!;
    sum += v1 * v1 * squares[j + 1]!;
    sum += v2 * v2 * squares[j + 2]!;
    sum += v3 * v3 * squares[j + 3]!;
    codes[at++] = b0 | (b1 << 2) | (b2 << 4) | (b3 << 6);
  }
  return sum;
}
