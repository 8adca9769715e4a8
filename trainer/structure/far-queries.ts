/**
 * Queries far from the data, made of the data where nobody has real ones: each lies between several vectors, as a short question lies
 * between the documents that it may mean. Near neighbours of such a point are spread over many lists, about as many as those of one or
 * two words in the space of a text encoder, and more than those of a vector to which noise of any strength was added.
 */
import type { Random } from '../../base/random.js';

/** Vectors that a query lies between. With three, neighbours lie in fewer lists than those of words do. */
const between = 5;

/** float32[m, dim]: for each of `queries` float32[m, dim] the sum of it and of some of `vectors` float32[n, dim], n ≥ 1. */
export function farQueries(queries: Float32Array, vectors: Float32Array, dim: number, random: Random): Float32Array {
  const far = queries.slice();
  for (let from = 0; from < far.length; from += dim) {
    for (let mate = 1; mate < between; mate += 1) {
      const row = random.below(vectors.length / dim) * dim;
      for (let j = 0; j < dim; j += 1) far[from + j]! += vectors[row + j]!;
    }
  }
  return far;
}
