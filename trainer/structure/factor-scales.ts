/** What are the units of the two factors that a coded vector carries? Formulas: kernels/product-code/product-code.h. */
import type { Codebook } from '../../kernels/codes.js';
import type { StopSign } from '../stop-sign.js';
import { forEachCode } from './train-words.js';

const levels = 32_767;
/** Factors beyond this share of the sample are cut off where they are larger than what is kept by more than `headroom`. */
const keptShare = 0.999;
const headroom = 1.5;
/** Where all vectors equal their bases, any unit will do. */
const usualFactor = 4;

export interface FactorSample {
  /** float32[n, subquantizers · dsub]: residuals, and uint32[n], their lists. */
  readonly residuals: Float32Array;
  readonly lists: Uint32Array;
  /** float32[lists, dim], dim ≤ subquantizers · dsub. */
  readonly anchors: Float32Array;
  readonly dim: number;
}

export interface FactorScales {
  readonly rescale: number;
  readonly anchor: number;
}

/** Units with which one vector that is estimated badly does not cost all others their precision. */
export function factorScales(
  words: Pick<Codebook, 'words' | 'subquantizers' | 'dsub' | 'metric'>,
  sample: FactorSample,
  signal?: StopSign,
): FactorScales {
  const width = words.subquantizers * words.dsub;
  const rescales = new Float64Array(sample.lists.length);
  const shifts = new Float64Array(sample.lists.length);
  forEachCode(sample.residuals, { ...words, rescale: 1, anchor: 1 }, signal, (rows, codes, first) => {
    const bytes = codes.length / (rows.length / width);
    for (let row = 0; row < rows.length / width; row++) {
      const residual = rows.subarray(row * width, (row + 1) * width);
      const code = codes.subarray(row * bytes, (row + 1) * bytes);
      const list = sample.lists[first + row]!;
      const anchor = sample.anchors.subarray(list * sample.dim, (list + 1) * sample.dim);
      const { rescale, shift } = factorsOf(words, residual, code, anchor);
      rescales[first + row] = rescale;
      shifts[first + row] = Math.abs(shift);
    }
  });
  return { rescale: largestKept(rescales) / levels, anchor: largestKept(shifts) / levels };
}

function factorsOf(
  { words, dsub }: Pick<Codebook, 'words' | 'dsub'>,
  residual: Float32Array,
  code: Uint8Array,
  anchor: Float32Array,
): { readonly rescale: number; readonly shift: number } {
  let [norm, product, anchorResidual, anchorDecoded] = [0, 0, 0, 0];
  for (let j = 0; j < residual.length; j++) {
    const s = Math.floor(j / dsub);
    const decoded = words[j * 16 + ((code[s >> 1]! >> (4 * (s & 1))) & 15)]!;
    const a = anchor[j] ?? 0;
    norm += residual[j]! * residual[j]!;
    product += residual[j]! * decoded;
    anchorResidual += a * residual[j]!;
    anchorDecoded += a * decoded;
  }
  const rescale = product > 0 ? norm / product : 0;
  return { rescale, shift: anchorResidual - rescale * anchorDecoded };
}

function largestKept(values: Float64Array): number {
  const sorted = values.slice().sort();
  const kept = sorted[Math.ceil(keptShare * (sorted.length - 1))] ?? 0;
  return kept > 0 ? kept * headroom : usualFactor;
}
