/**
 * Products of matrices, as a parameter: a head needs large ones, and what multiplies fastest is not known here. Matrices are flat and
 * row-major.
 */
import { assert } from '../../base/assert.js';

export interface Products {
  /** a float32[n, k] · b float32[k, m]: float32[n, m], the caller's. */
  times(a: Float32Array, b: Float32Array, inner: number): Promise<Float32Array>;
  /** aᵀ · b, with a float32[n, k] and b float32[n, m]: float32[k, m], the caller's. */
  transposedTimes(a: Float32Array, b: Float32Array, rows: number): Promise<Float32Array>;
}

/** Loops in plain TypeScript, summed in float64: for tests and for what is small. */
export const plainProducts: Products = {
  times(a, b, inner) {
    const columns = b.length / inner;
    const rows = a.length / inner;
    assert(Number.isInteger(columns) && Number.isInteger(rows), 'the matrices have a dimension in common');
    const sums = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < inner; j++)
        addScaled(sums, i * columns, { row: b, from: j * columns, by: a[i * inner + j]! }, columns);
    }
    return Promise.resolve(Float32Array.from(sums));
  },

  transposedTimes(a, b, rows) {
    const inner = rows === 0 ? 0 : a.length / rows;
    const columns = rows === 0 ? 0 : b.length / rows;
    assert(Number.isInteger(columns) && Number.isInteger(inner), 'the matrices have rows in common');
    const sums = new Float64Array(inner * columns);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < inner; j++)
        addScaled(sums, j * columns, { row: b, from: i * columns, by: a[i * inner + j]! }, columns);
    }
    return Promise.resolve(Float32Array.from(sums));
  },
};

function addScaled(
  sums: Float64Array,
  at: number,
  { row, from, by }: { readonly row: Float32Array; readonly from: number; readonly by: number },
  count: number,
): void {
  if (by === 0) return;
  for (let i = 0; i < count; i++) sums[at + i]! += by * row[from + i]!;
}
