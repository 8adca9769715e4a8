/**
 * The score that the first scan gives, and its gradient in closed form.
 *
 *   s_j = ⟨q, c_l⟩ + β_l + f_j Σ_m ⟨u^(m), C[m, code_jm]⟩ + t_j,   u = A q,   l = the list of document j
 *
 * f and t are what is stored with the codes, and stay. The sum runs through the look-up table T[m, k] = ⟨u^(m), C[m, k]⟩, as the scan's does, and
 * the gradient comes back through it: with g_j = ∂L/∂s_j and H[m, k] = Σ_{j: code_jm = k} f_j g_j, a scatter-add by code,
 *
 *   ∂C[m, k] = H[m, k] u^(m),   ∂u^(m) = Σ_k H[m, k] C[m, k],   ∂A = Σ_q ∂u qᵀ,   ∂β_l = Σ_{j in l} g_j
 *
 * so that a document costs a look-up and an addition for each subquantizer, not a product of vectors. JPQ (Zhan et al., CIKM 2021) and
 * Distill-VQ (Xiao et al., SIGIR 2022) take the same gradient from their frameworks. Everything is float64, summed in a fixed order.
 */
import { assert } from '../../base/assert.js';
import { ksub } from '../../kernels/codes.js';
import type { ScanParameters } from './scan-parameters.js';

/** All documents, as they are coded. */
export interface CodeColumns {
  readonly dim: number;
  readonly subquantizers: number;
  readonly dsub: number;
  /** uint8[documents, bytes]: two subquantizers a byte, the first in the lower half, zeros past the last. */
  readonly codes: Uint8Array;
  /** float32[documents]: f. */
  readonly scales: Float32Array;
  /** uint32[documents] */
  readonly lists: Uint32Array;
}

/** Of one query. */
export interface Candidates {
  /** uint32[n]: documents. */
  readonly rows: Uint32Array;
  /** float32[n]: ⟨q, c_l⟩ + t_j of each. */
  readonly constants: Float32Array;
}

export interface QueryBatch {
  /** float32[batch, dim] */
  readonly queries: Float32Array;
  /** Of each query, at most `width`. */
  readonly candidates: readonly Candidates[];
}

const pairs = 2 * ksub;

export class CodeGradient {
  readonly #columns: CodeColumns;
  readonly #width: number;
  readonly #gradient: ScanParameters;
  /** float64[batch, dim] each: u and ∂u. */
  readonly #adapted: Float64Array;
  readonly #slopes: Float64Array;
  /** float64[subquantizers rounded up to pairs, 16] each: T and H of a query. */
  readonly #table: Float64Array;
  readonly #sums: Float64Array;

  /** For batches of `batch` queries with up to `width` candidates each; the gradient is of those parameters that `like` has. */
  constructor(columns: CodeColumns, like: ScanParameters, { batch, width }: { batch: number; width: number }) {
    const { dim, subquantizers, dsub } = columns;
    assert(like.words.length === subquantizers * dsub * ksub, 'there are 16 codewords for every subquantizer');
    assert(like.adapter === null || like.adapter.length === dim * dim, 'the adapter is square');
    this.#columns = columns;
    this.#width = width;
    this.#gradient = {
      words: new Float64Array(like.words.length),
      adapter: like.adapter === null ? null : new Float64Array(dim * dim),
      biases: like.biases === null ? null : new Float64Array(like.biases.length),
    };
    this.#adapted = new Float64Array(batch * dim);
    this.#slopes = new Float64Array(batch * dim);
    this.#table = new Float64Array(Math.ceil(subquantizers / 2) * pairs);
    this.#sums = new Float64Array(this.#table.length);
  }

  /** Writes the scores of every query's candidates to `scores` float64[batch, width]; what lies behind a query's last stays. */
  score(parameters: ScanParameters, { queries, candidates }: QueryBatch, scores: Float64Array): void {
    const { dim, lists } = this.#columns;
    const { biases } = parameters;
    adaptRows(parameters.adapter, queries, dim, this.#adapted);
    candidates.forEach(({ rows, constants }, query) => {
      assert(rows.length <= this.#width, 'a query has no more candidates than there is room for');
      this.#fillTable(parameters.words, query);
      const own = scores.subarray(query * this.#width, (query + 1) * this.#width);
      this.#addLookUps(rows, constants, own);
      if (biases === null) return;
      for (let i = 0; i < rows.length; i++) own[i]! += biases[lists[rows[i]!]!]!;
    });
  }

  /** The gradient at the batch scored last, `slopes` float64[batch, width] being that of the scores; overwritten by the next call. */
  gradient(parameters: ScanParameters, { queries, candidates }: QueryBatch, slopes: Float64Array): ScanParameters {
    const { words, adapter, biases } = this.#gradient;
    const { dim, lists } = this.#columns;
    for (const part of [words, adapter, biases]) part?.fill(0);
    candidates.forEach(({ rows }, query) => {
      const own = slopes.subarray(query * this.#width, (query + 1) * this.#width);
      this.#sumByCode(rows, own);
      this.#addWords(parameters.words, query);
      if (biases === null) return;
      for (let i = 0; i < rows.length; i++) biases[lists[rows[i]!]!]! += own[i]!;
    });
    if (adapter !== null) addOuter(this.#slopes, queries, { dim, count: candidates.length }, adapter);
    return this.#gradient;
  }

  #fillTable(words: Float64Array, query: number): void {
    const { dim, subquantizers, dsub } = this.#columns;
    const [table, adapted] = [this.#table, this.#adapted];
    table.fill(0);
    for (let s = 0; s < subquantizers; s++) {
      for (let j = s * dsub; j < Math.min((s + 1) * dsub, dim); j++) {
        const value = adapted[query * dim + j]!;
        for (let k = 0; k < ksub; k++) table[s * ksub + k]! += value * words[j * ksub + k]!;
      }
    }
  }

  #addLookUps(rows: Uint32Array, constants: Float32Array, scores: Float64Array): void {
    const { codes, scales } = this.#columns;
    const table = this.#table;
    const bytes = codes.length / scales.length;
    const used = table.length / pairs;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      let sum = 0;
      for (let p = 0, from = row * bytes; p < used; p++) {
        const pair = codes[from + p]!;
        sum += table[p * pairs + (pair & 15)]! + table[p * pairs + ksub + (pair >> 4)]!;
      }
      scores[i] = constants[i]! + scales[row]! * sum;
    }
  }

  #sumByCode(rows: Uint32Array, slopes: Float64Array): void {
    const { codes, scales } = this.#columns;
    const sums = this.#sums;
    const bytes = codes.length / scales.length;
    const used = sums.length / pairs;
    sums.fill(0);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const slope = slopes[i]! * scales[row]!;
      if (slope === 0) continue;
      for (let p = 0, from = row * bytes; p < used; p++) {
        const pair = codes[from + p]!;
        sums[p * pairs + (pair & 15)]! += slope;
        sums[p * pairs + ksub + (pair >> 4)]! += slope;
      }
    }
  }

  /** From H to ∂C, which is added to, and ∂u of the query. */
  #addWords(words: Float64Array, query: number): void {
    const { dim, subquantizers, dsub } = this.#columns;
    const [sums, gradient] = [this.#sums, this.#gradient.words];
    for (let s = 0; s < subquantizers; s++) {
      for (let j = s * dsub; j < Math.min((s + 1) * dsub, dim); j++) {
        const value = this.#adapted[query * dim + j]!;
        let slope = 0;
        for (let k = 0; k < ksub; k++) {
          const sum = sums[s * ksub + k]!;
          gradient[j * ksub + k]! += sum * value;
          slope += sum * words[j * ksub + k]!;
        }
        this.#slopes[query * dim + j] = slope;
      }
    }
  }
}

/** adapted float64[n, dim] = A q for each of `queries` float32[n, dim]; a null adapter is the identity. */
export function adaptRows(
  adapter: Float64Array | null,
  queries: Float32Array,
  dim: number,
  adapted: Float64Array,
): void {
  if (adapter === null) {
    adapted.set(queries);
    return;
  }
  const count = queries.length / dim;
  // Four queries a pass, so that each value of the adapter is read for all of them; the last ones may be the same query.
  for (let first = 0; first < count; first += 4) {
    const [a, b, c, d] = [0, 1, 2, 3].map((i) => Math.min(first + i, count - 1) * dim) as [
      number,
      number,
      number,
      number,
    ];
    for (let i = 0; i < dim; i++) {
      let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
      for (let j = 0, from = i * dim; j < dim; j++) {
        const value = adapter[from + j]!;
        sumA += value * queries[a + j]!;
        sumB += value * queries[b + j]!;
        sumC += value * queries[c + j]!;
        sumD += value * queries[d + j]!;
      }
      adapted[a + i] = sumA;
      adapted[b + i] = sumB;
      adapted[c + i] = sumC;
      adapted[d + i] = sumD;
    }
  }
}

/** sum float64[dim, dim] += Σ over n of `left` float64[n, dim] times `right` float32[n, dim]ᵀ. */
function addOuter(
  left: Float64Array,
  right: Float32Array,
  { dim, count }: { readonly dim: number; readonly count: number },
  sum: Float64Array,
): void {
  let row = 0;
  for (; row + 4 <= count; row += 4) {
    const [a, b, c, d] = [row * dim, (row + 1) * dim, (row + 2) * dim, (row + 3) * dim];
    for (let i = 0; i < dim; i++) {
      const [ofA, ofB, ofC, ofD] = [left[a + i]!, left[b + i]!, left[c + i]!, left[d + i]!];
      for (let j = 0, from = i * dim; j < dim; j++) {
        sum[from + j]! += ofA * right[a + j]! + ofB * right[b + j]! + ofC * right[c + j]! + ofD * right[d + j]!;
      }
    }
  }
  for (; row < count; row++) {
    for (let i = 0; i < dim; i++) {
      const value = left[row * dim + i]!;
      for (let j = 0, from = i * dim; j < dim; j++) sum[from + j]! += value * right[row * dim + j]!;
    }
  }
}
