/** What heads learn from: for each training passage its nearest documents, and what the untrained representations say of them. */
import type { Products } from '../../../trainer/heads/products.js';
import { ranked } from './collections.js';
import type { EncodedSet } from './encoded.js';
import { searchAll, wordUnit, type Searched } from './judged.js';
import { byIdf, multiScores, rawRows } from './multi-quality.js';

export const candidateCount = 48;

/** Weights of the teacher, chosen on SciFact's training questions. */
export const teacherWeights = { dense: 0.5, lexical: 0.07 };

export interface Taught extends Searched {
  /** For each asked query the candidates: near documents, without the one it was taken from. */
  readonly tops: readonly (readonly number[])[];
  /** For each candidate: MaxSim of raw rows weighted by the root of the tokens' idf. */
  readonly weighted: readonly Float32Array[];
}

export async function taught(
  documents: EncodedSet,
  queries: EncodedSet,
  origins: readonly number[],
  products: Products,
): Promise<Taught> {
  const asked = origins.map((_, q) => q);
  const searched = await searchAll(documents, queries, asked, products);
  const tops = searched.dense.map((scores, q) =>
    ranked(scores, candidateCount + 1)
      .filter((d) => d !== origins[q])
      .slice(0, candidateCount),
  );
  const compared = rawRows(documents);
  return {
    ...searched,
    tops,
    weighted: await multiScores(searched, tops, compared, byIdf(searched)),
  };
}

/** A candidate's score by the teacher: weighted MaxSim, dense, and BM25 in units of the query's ten best. */
export function teacherScores(
  { tops, weighted, dense, lexical }: Taught,
  q: number,
  weights: { readonly dense: number; readonly lexical: number },
): Float64Array {
  const words = lexical[q]!;
  const scale = wordUnit(words);
  return Float64Array.from(
    tops[q]!,
    (d, i) => weighted[q]![i]! + weights.dense * dense[q]![d]! + (weights.lexical * words[d]!) / scale,
  );
}
