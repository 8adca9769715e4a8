/** The lexical side of a text: how often each token of the vocabulary occurs. BM25 turns it into weights, elsewhere. */

export interface TermCounts {
  /** uint32[terms], ascending. */
  readonly termIds: Uint32Array;
  /** float32[terms]: occurrences. */
  readonly counts: Float32Array;
  /** Sum of the counts: the text's length for BM25. */
  readonly total: number;
}

/** Counts `ids`; those in `excluded` (special tokens, which mean nothing as words) are left out. */
export function countTerms(ids: readonly number[], excluded: ReadonlySet<number>): TermCounts {
  const countOf = new Map<number, number>();
  let total = 0;
  for (const id of ids) {
    if (excluded.has(id)) continue;
    countOf.set(id, (countOf.get(id) ?? 0) + 1);
    total += 1;
  }
  const termIds = Uint32Array.from(countOf.keys()).sort();
  const counts = Float32Array.from(termIds, (id) => countOf.get(id) ?? 0);
  return { termIds, counts, total };
}
