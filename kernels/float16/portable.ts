/** Portable twin of float16.h: the same bits, but for the payload of a NaN. */

// 2^(e - 25) for every exponent field e of a half: the value of its last mantissa bit, exact in float64.
const units = Float64Array.from({ length: 31 }, (_, exponent) => 2 ** (exponent - 25));

/** The value of one half, exactly. */
export function floatOfHalf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * units[exponent]!);
}

/** See `NativeKernels.toFloat32`. */
export function toFloat32(bits: Uint16Array, values: Float32Array): void {
  for (let i = 0; i < bits.length; i++) values[i] = floatOfHalf(bits[i]!);
}

/** See `NativeKernels.toFloat16`. */
export function toFloat16(values: Float32Array, bits: Uint16Array): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < words.length; i++) bits[i] = halfOfWord(words[i]!);
}

/** The half nearest to the float32 of these bits, ties to even. */
function halfOfWord(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 1023);
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  const exponent = magnitude >>> 23;
  // A carry out of the mantissa raises the exponent, up to infinity, as it should.
  if (exponent >= 113) return sign | shiftRounded(magnitude - (112 << 23), 13);
  if (exponent < 102) return sign;
  return sign | shiftRounded((magnitude & 0x7fffff) | 0x800000, 126 - exponent);
}

function shiftRounded(magnitude: number, shift: number): number {
  const kept = magnitude >>> shift;
  const lost = magnitude & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return kept + (lost > half || (lost === half && (kept & 1) !== 0) ? 1 : 0);
}
