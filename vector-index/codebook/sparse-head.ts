/**
 * A model's sparse head: how much a word counts where it stands, as a multiple of what BM25 says.
 *
 *   in a query      softplus(x · a + b), x the row of the token
 *   in a document   softplus(y · c + e), y the mean row of the word's occurrences
 *
 * Rows are those of the multi-vector output. A head of weights 1 is BM25 itself; trainer/heads/sparse-loss.ts says what it is trained for.
 * As a file: float32[dim + 1] a and b, float32[dim + 1] c and e, little-endian. Pure.
 */
import { float32From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';

export interface SparseHead {
  /** float32[dim + 1]: a, and behind it b. */
  readonly queries: Float32Array;
  /** float32[dim + 1]: c, and behind it e. */
  readonly documents: Float32Array;
}

/** The head in `bytes`, for rows of `dim` dimensions. INVALID_ARGUMENT for another length or a number that is not finite. */
export function parseSparseHead(bytes: Uint8Array, dim: number): SparseHead {
  const numbers = float32From(bytes, 'the sparse head');
  if (numbers.length !== 2 * (dim + 1)) {
    const sizes = `${bytes.length} bytes, for rows of ${dim} dimensions it has ${8 * (dim + 1)}`;
    throw new ShoalError('INVALID_ARGUMENT', `the sparse head has ${sizes}; take the file that belongs to the model`);
  }
  if (!numbers.every(Number.isFinite)) {
    throw new ShoalError('INVALID_ARGUMENT', 'the sparse head has a number that is not finite; train it again');
  }
  return { queries: numbers.subarray(0, dim + 1), documents: numbers.subarray(dim + 1) };
}

/** The file of `head`. */
export function serializeSparseHead({ queries, documents }: SparseHead): Uint8Array {
  const numbers = new Float32Array(queries.length + documents.length);
  numbers.set(queries);
  numbers.set(documents, queries.length);
  return new Uint8Array(numbers.buffer);
}

/** ln(1 + e^value), without overflow. */
export function softplus(value: number): number {
  return Math.log1p(Math.exp(-Math.abs(value))) + Math.max(value, 0);
}

/** float64[n]: x · a + b of each x of `rows` float32[n, dim] by `weights`, a and behind it b. */
export function rowFeatures(rows: Float32Array, weights: Float32Array): Float64Array {
  const dim = weights.length - 1;
  const features = new Float64Array(rows.length / dim);
  for (let row = 0; row < features.length; row++) {
    let sum = weights[dim]!;
    for (let j = 0; j < dim; j++) sum += rows[row * dim + j]! * weights[j]!;
    features[row] = sum;
  }
  return features;
}
