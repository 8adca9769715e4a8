/**
 * The sixteen words of each part of a residual: Lloyd's iterations in all parts at once, by the kernel that codes documents, so that
 * words are the means of exactly what is coded as them.
 */
import type { Random } from '../../base/random.js';
import { encodeVectors, ksub, type Codebook } from '../../kernels/codes.js';
import { refuseStopped, type StopSign } from '../stop-sign.js';

/** Rows between two looks at the stop sign: a millisecond or two. */
const pieceValues = 262_144;

export interface TrainWordsOptions {
  readonly subquantizers: number;
  readonly dsub: number;
  readonly iterations: number;
  readonly random: Random;
  readonly signal?: StopSign | undefined;
  onProgress?(share: number): void;
}

/** Words float32[subquantizers, dsub, 16] of `residuals` float32[n, subquantizers · dsub], finite, at least one. */
export function trainWords(residuals: Float32Array, options: TrainWordsOptions): Float32Array {
  const { subquantizers, dsub, iterations, random } = options;
  let words = randomWords(residuals, options);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const sums = new Float64Array(words.length);
    const counts = new Uint32Array(subquantizers * ksub);
    const codebook = { words, subquantizers, dsub, rescale: 1, anchor: 1 };
    forEachCode(residuals, codebook, options.signal, (rows, codes) =>
      addCoded(rows, codes, { ...options, sums, counts }),
    );
    words = wordsOf(sums, counts, { ...options, residuals, random });
    options.onProgress?.((iteration + 1) / iterations);
  }
  return words;
}

/** Codes uint8[size, bytes] of `rows` float32[n, subquantizers · dsub], piece by piece. */
export function forEachCode(
  rows: Float32Array,
  codebook: Codebook,
  signal: StopSign | undefined,
  use: (piece: Float32Array, codes: Uint8Array, first: number) => void,
): void {
  const dim = codebook.subquantizers * codebook.dsub;
  const size = Math.max(Math.floor(pieceValues / dim), 1);
  for (let first = 0; first * dim < rows.length; first += size) {
    refuseStopped(signal);
    const piece = rows.subarray(first * dim, (first + size) * dim);
    use(piece, encodeVectors(codebook, piece, { base: null, anchor: null }).codes, first);
  }
}

function randomWords(residuals: Float32Array, { subquantizers, dsub, random }: TrainWordsOptions): Float32Array {
  const dim = subquantizers * dsub;
  const words = new Float32Array(dim * ksub);
  for (let s = 0; s < subquantizers; s++) {
    for (let k = 0; k < ksub; k++) {
      const row = random.below(residuals.length / dim);
      for (let j = 0; j < dsub; j++) words[(s * dsub + j) * ksub + k] = residuals[row * dim + s * dsub + j]!;
    }
  }
  return words;
}

interface Sums {
  readonly subquantizers: number;
  readonly dsub: number;
  /** float64[subquantizers, dsub, 16] and uint32[subquantizers, 16] */
  readonly sums: Float64Array;
  readonly counts: Uint32Array;
}

function addCoded(rows: Float32Array, codes: Uint8Array, { subquantizers, dsub, sums, counts }: Sums): void {
  const dim = subquantizers * dsub;
  const bytes = codes.length / (rows.length / dim);
  for (let row = 0; row < rows.length / dim; row++) {
    for (let s = 0; s < subquantizers; s++) {
      const word = (codes[row * bytes + (s >> 1)]! >> (4 * (s & 1))) & 15;
      counts[s * ksub + word]!++;
      for (let j = s * dsub; j < (s + 1) * dsub; j++) sums[j * ksub + word]! += rows[row * dim + j]!;
    }
  }
}

/** Means; a word that nothing is coded as becomes a random row's part. */
function wordsOf(
  sums: Float64Array,
  counts: Uint32Array,
  of: {
    readonly residuals: Float32Array;
    readonly random: Random;
    readonly subquantizers: number;
    readonly dsub: number;
  },
): Float32Array {
  const { residuals, random, subquantizers, dsub } = of;
  const dim = subquantizers * dsub;
  const words = new Float32Array(sums.length);
  for (let word = 0; word < counts.length; word++) {
    const s = Math.floor(word / ksub);
    const row = counts[word] === 0 ? random.below(residuals.length / dim) : 0;
    for (let j = s * dsub; j < (s + 1) * dsub; j++) {
      const at = j * ksub + (word % ksub);
      words[at] = counts[word] === 0 ? residuals[row * dim + j]! : sums[at]! / counts[word]!;
    }
  }
  return words;
}
