/** Portable twin of row_products of list-search.h: the same bits. */
const lanes = 16;

/** ⟨query, row⟩ in 16 lanes of float32. */
export function rowProduct(query: Float32Array, rows: Float32Array, row: number): number {
  const sums = new Float32Array(lanes);
  const start = row * query.length;
  for (let j = 0; j < query.length; j++) sums[j % lanes]! += Math.fround(query[j]! * rows[start + j]!);
  for (let half = lanes / 2; half > 0; half >>= 1) {
    for (let l = 0; l < half; l++) sums[l]! += sums[l + half]!;
  }
  return sums[0]!;
}
