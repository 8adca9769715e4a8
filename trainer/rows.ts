/** Rows of matrices: some at random, some by number, and of unit length. */
import { assert } from '../base/assert.js';
import type { Random } from '../base/random.js';
import { gatherRowsInto } from '../kernels/training.js';

/** `count` different rows of `points`, in random order: float32[count, dim]. */
export function sampleRows(
  points: Float32Array,
  dim: number,
  { count, random }: { readonly count: number; readonly random: Random },
): Float32Array {
  assert(count <= points.length / dim, 'there are as many rows as are wanted');
  return gatherRows(points, dim, shuffledRows(points.length / dim, random).subarray(0, count));
}

/** The numbers 0 .. count − 1 in random order. */
export function shuffledRows(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, row) => row);
  for (let i = 0; i < count; i++) {
    const other = i + random.below(count - i);
    const row = order[other]!;
    order[other] = order[i]!;
    order[i] = row;
  }
  return order;
}

/** Copies of the rows of `points` float32[n, dim] that `order` names. */
export function gatherRows(points: Float32Array, dim: number, order: Uint32Array): Float32Array {
  const rows = new Float32Array(order.length * dim);
  gatherRowsInto(points, dim, order, rows);
  return rows;
}

/** Gives every row of `rows` float32[n, dim] unit length, in place; rows of zeros stay. */
export function normalizeRows(rows: Float32Array, dim: number): void {
  for (let from = 0; from < rows.length; from += dim) {
    let squares = 0;
    for (let j = from; j < from + dim; j++) squares += rows[j]! * rows[j]!;
    if (squares === 0) continue;
    const factor = 1 / Math.sqrt(squares);
    for (let j = from; j < from + dim; j++) rows[j]! *= factor;
  }
}
