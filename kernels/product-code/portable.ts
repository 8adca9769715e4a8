/** Portable twin of product-code.h: the same bits. Float32 steps are rounded one by one, the factors' sums run in float64. */
import type { NativeKernels } from '../native-kernels.js';
import { MetricCode } from './portable-metric.js';

const ksub = 16;
const factorMax = 32767;

/** See `NativeKernels.encodeVectors`. */
export const encodeVectors: NativeKernels['encodeVectors'] = (
  ...[points, base, anchor, codebook, dsub, scales, , codes, factors, metric]
) => {
  const dim = codebook.length / ksub;
  const pairs = codes.length / (points.length / dim || 1);
  const halfNorms = halfNormsOf(codebook, dsub);
  const metricCode = metric === null ? null : new MetricCode({ codebook, dsub, metric });
  const nibbles = new Uint8Array(dim / dsub);
  const residual = new Float32Array(dim);
  const decoded = new Float32Array(dim);
  for (let v = 0; v * dim < points.length; v++) {
    const code = codes.subarray(v * pairs, (v + 1) * pairs);
    fillResidual(points.subarray(v * dim, (v + 1) * dim), base, residual);
    fillNibbles(residual, codebook, halfNorms, nibbles);
    metricCode?.improve(residual, nibbles);
    code.fill(0);
    nibbles.forEach((nibble, s) => (code[s >> 1]! |= nibble << (4 * (s & 1))));
    decodeVector(codebook, dsub, code, decoded);
    fillFactors({ residual, decoded, anchor, scales }, factors.subarray(2 * v, 2 * v + 2));
  }
};

/** residual = point - base, float32[dim]; a base of null is zeros. */
export function fillResidual(point: Float32Array, base: Float32Array | null, residual: Float32Array): void {
  for (let j = 0; j < point.length; j++) residual[j] = base === null ? point[j]! : point[j]! - base[j]!;
}

/** The codewords of `code` uint8[pairs], one after the other, into float32[dim]. */
export function decodeVector(codebook: Float32Array, dsub: number, code: Uint8Array, decoded: Float32Array): void {
  for (let j = 0; j < decoded.length; j++) {
    const s = Math.floor(j / dsub);
    const nibble = (code[s >> 1]! >> (4 * (s & 1))) & 15;
    decoded[j] = codebook[j * ksub + nibble]!;
  }
}

function halfNormsOf(codebook: Float32Array, dsub: number): Float32Array {
  const halfNorms = new Float32Array(codebook.length / dsub);
  for (let i = 0; i < halfNorms.length; i++) {
    const first = Math.floor(i / ksub) * dsub;
    let norm = 0;
    for (let j = first; j < first + dsub; j++) {
      const value = codebook[j * ksub + (i % ksub)]!;
      norm = Math.fround(norm + Math.fround(value * value));
    }
    halfNorms[i] = 0.5 * norm;
  }
  return halfNorms;
}

function fillNibbles(
  residual: Float32Array,
  codebook: Float32Array,
  halfNorms: Float32Array,
  nibbles: Uint8Array,
): void {
  const subquantizers = nibbles.length;
  for (let s = 0; s < subquantizers; s++) {
    const part = residual.subarray((s * residual.length) / subquantizers, ((s + 1) * residual.length) / subquantizers);
    const words = codebook.subarray(s * part.length * ksub);
    nibbles[s] = nearest(part, words, halfNorms.subarray(s * ksub, (s + 1) * ksub));
  }
}

function nearest(part: Float32Array, words: Float32Array, halfNorms: Float32Array): number {
  let least = 0;
  let best = 0;
  for (let k = 0; k < ksub; k++) {
    let distance = halfNorms[k]!;
    for (let j = 0; j < part.length; j++)
      distance = Math.fround(distance - Math.fround(part[j]! * words[j * ksub + k]!));
    if (k !== 0 && !(distance < least)) continue;
    least = distance;
    best = k;
  }
  return best;
}

interface Measured {
  readonly residual: Float32Array;
  readonly decoded: Float32Array;
  readonly anchor: Float32Array | null;
  readonly scales: Float64Array;
}

function fillFactors({ residual, decoded, anchor, scales }: Measured, factors: Int16Array): void {
  let [norm, product, anchorResidual, anchorDecoded] = [0, 0, 0, 0];
  for (let j = 0; j < residual.length; j++) {
    const r = residual[j]!;
    const d = decoded[j]!;
    const a = anchor === null ? 0 : anchor[j]!;
    norm += r * r;
    product += r * d;
    anchorResidual += a * r;
    anchorDecoded += a * d;
  }
  const rescale = product > 0 ? rounded(norm / product / scales[0]!) : 0;
  factors[0] = rescale;
  factors[1] = rounded((anchorResidual - rescale * scales[0]! * anchorDecoded) / scales[1]!);
}

function rounded(value: number): number {
  const whole = Math.floor(value + 0.5);
  if (!(whole > -factorMax)) return -factorMax;
  return whole < factorMax ? whole : factorMax;
}
