/**
 * The multi-vector head: token rows of a frozen backbone to fewer dimensions, and how much each token of a query counts.
 *
 *   document row  v = unit(x · P − o)
 *   query row     u = unit(x · Q − p) · n · w / (sum of the query's w),   w = softplus(x · a + b)
 *
 * With x of unit length float32[inputDim], n the query's tokens. The mean over the query's tokens of the best product with a document row
 * is then a weighted mean of cosines: what M3's multi-vector head (Chen et al. 2024, arXiv 2402.03216, section 3.2) computes, with weights.
 */
import { assert } from '../../base/assert.js';
import type { Products } from './products.js';
import { rowWeights, unitBias } from './row-weights.js';

/** An affine map: rows x of `inputDim` values become x · matrix − offset. */
export interface RowMap {
  /** float32[inputDim, dim] */
  readonly matrix: Float32Array;
  /** float32[dim] */
  readonly offset: Float32Array;
}

export interface MultiHead {
  readonly inputDim: number;
  readonly dim: number;
  readonly documents: RowMap;
  readonly queries: RowMap;
  /** float32[inputDim + 1]: a, and behind it b. */
  readonly importance: Float32Array;
}

/** A head that treats documents and queries alike, by a copy of `map` each, and all tokens of a query alike. */
export function evenHead(inputDim: number, map: RowMap): MultiHead {
  const dim = map.offset.length;
  assert(map.matrix.length === inputDim * dim, 'the matrix maps rows of inputDim to rows of dim');
  const importance = new Float32Array(inputDim + 1);
  importance[inputDim] = unitBias;
  const copy = (): RowMap => ({ matrix: map.matrix.slice(), offset: map.offset.slice() });
  return { inputDim, dim, documents: copy(), queries: copy(), importance };
}

/** Rows of unit length and how long they were. */
export interface MappedRows {
  /** float32[n, dim]; rows of zeros stay. */
  readonly units: Float32Array;
  /** float32[n] */
  readonly lengths: Float32Array;
}

/** `rows` float32[n, inputDim] by `map`, to unit length. */
export async function mapRows(rows: Float32Array, map: RowMap, products: Products): Promise<MappedRows> {
  const dim = map.offset.length;
  const units = await products.times(rows, map.matrix, map.matrix.length / dim);
  const lengths = new Float32Array(units.length / dim);
  for (let row = 0; row < lengths.length; row++) {
    const from = row * dim;
    let squares = 0;
    for (let j = 0; j < dim; j++) {
      const value = units[from + j]! - map.offset[j]!;
      units[from + j] = value;
      squares += value * value;
    }
    const length = Math.sqrt(squares);
    lengths[row] = length;
    if (length > 0) for (let j = 0; j < dim; j++) units[from + j]! /= length;
  }
  return { units, lengths };
}

/** Rows of a query as they are asked: float32[n, dim], whose lengths have the mean 1. */
export async function queryRows(rows: Float32Array, head: MultiHead, products: Products): Promise<Float32Array> {
  const { units } = await mapRows(rows, head.queries, products);
  const weights = rowWeights(rows, head.importance);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return units.map((value, i) => (value * weights[Math.floor(i / head.dim)]! * weights.length) / sum);
}
