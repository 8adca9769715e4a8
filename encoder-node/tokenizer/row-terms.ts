/** Which terms of the inverted index the token rows of a query stand for. Pure. */

/**
 * uint32[rows]: the term of each of `ids` int32[rows]; 0 for those in `excluded`, which are no words of a text: special tokens, a model's
 * marker, what it expands queries by.
 */
export function rowTerms(ids: Int32Array, excluded: ReadonlySet<number>): Uint32Array {
  return Uint32Array.from(ids, (id) => (excluded.has(id) ? 0 : id));
}
