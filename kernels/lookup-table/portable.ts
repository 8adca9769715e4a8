/** Portable twin of lookup-table.h: the same bits. Every float32 step is rounded by itself, as there. */
import type { NativeKernels } from '../native-kernels.js';

const ksub = 16;
const levelsOfFour = 252;
const int16Max = 32767;

/** See `NativeKernels.buildLookupTable`. */
export const buildLookupTable: NativeKernels['buildLookupTable'] = (
  ...[codebook, query, dsub, scales, tables, levels, scale]
) => {
  const subquantizers = query.length / dsub;
  fillTables(codebook, query, dsub, tables);
  const ranges = measure(tables, subquantizers);
  let step = smallestStep(ranges, subquantizers);
  const ratio = Math.floor(scales[1]! / (step * scales[0]!));
  const weight = ratio < int16Max ? ratio : int16Max;
  if (weight >= 1) step = scales[1]! / (scales[0]! * weight);
  const whole = Math.floor(ranges.minimum / step);
  const offset = Math.abs(whole) <= int16Max ? whole : 0;
  ranges.minima[0]! -= Math.fround(ranges.minimum - offset * step);
  fillLevels(tables, ranges.minima, Math.fround(1 / step), levels);
  scale.set([step * scales[0]!, offset, weight >= 1 ? weight : 0]);
};

function fillTables(codebook: Float32Array, query: Float32Array, dsub: number, tables: Float32Array): void {
  for (let i = 0; i < tables.length; i++) {
    const first = Math.floor(i / ksub) * dsub;
    let sum = 0;
    for (let j = first; j < first + dsub; j++)
      sum = Math.fround(sum + Math.fround(query[j]! * codebook[j * ksub + (i % ksub)]!));
    tables[i] = sum;
  }
}

function fillLevels(tables: Float32Array, minima: Float32Array, inverse: number, levels: Uint8Array): void {
  levels.fill(0);
  for (let i = 0; i < tables.length; i++) {
    const above = Math.fround(tables[i]! - minima[Math.floor(i / ksub)]!);
    const level = Math.fround(Math.fround(above * inverse) + 0.5);
    levels[i] = level > 0 ? Math.floor(Math.min(level, 255)) : 0;
  }
}

interface Ranges {
  readonly minima: Float32Array;
  readonly largestFour: number;
  readonly spans: number;
  readonly minimum: number;
}

function measure(tables: Float32Array, subquantizers: number): Ranges {
  const minima = new Float32Array(subquantizers);
  let [largestFour, spans, minimum, four] = [0, 0, 0, 0];
  for (let s = 0; s < subquantizers; s++) {
    let low = tables[s * ksub]!;
    let high = low;
    for (let k = 1; k < ksub; k++) {
      const value = tables[s * ksub + k]!;
      low = value < low ? value : low;
      high = value > high ? value : high;
    }
    minima[s] = low;
    minimum += low;
    spans += high - low;
    four = s % 4 === 0 ? high - low : four + (high - low);
    largestFour = four > largestFour ? four : largestFour;
  }
  return { minima, largestFour, spans, minimum };
}

function smallestStep({ largestFour, spans, minimum }: Ranges, subquantizers: number): number {
  const room = int16Max - subquantizers;
  const step = larger(largestFour / levelsOfFour, larger(-minimum / (int16Max - 1), (minimum + spans) / room));
  return step > 0 && Number.isFinite(step) ? step : 1;
}

function larger(a: number, b: number): number {
  return a > b ? a : b;
}
