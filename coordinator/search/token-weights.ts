/**
 * How much each token of a question asks in MaxSim: a rare word more than a frequent one.
 *
 *   weight[i] = idf[i]^½ / mean over j of idf[j]^½         idf by vector-index/sparse/bm25.ts, 2 for a row without a term
 *
 * Rows are scaled before they go to shards, which compute Σ over i of weight[i] · max over t of query[i] · document[t] without knowing of
 * weights. These have the mean 1, so that scores keep the scale that fusion weights were chosen for.
 *
 * Why: plain MaxSim takes every token for equally telling, "of" as well as a name, and that a document answers a frequent word tells little.
 * The root, not idf itself, since a row knows its neighbours: even that of "of" is about something.
 *
 * Measured over float16 rows (test/recall/heads, 23 November 2026), nDCG@10 with these weights less that with all tokens alike: hybrid +.0016
 * on average over ADI, covidfaq, TIME, XQuAD in English and SciFact's training questions, by which it was decided (at the worst −.0014, TIME);
 * asked once after that, the test questions of six collections, hybrid +.0045 (.6635 → .6680; worst −.0003, LISA and stackfaq).
 * MaxSim alone, asked before, gains +.0099 (.6489 → .6588; worst −.0008, stackfaq).
 */
import { present } from '../../base/assert.js';

/** What a row without a term counts as: a word that every e^2nd document has. The end token, chiefly, which stands for the whole question. */
const idfWithoutTerm = 2;

export interface TokenRows {
  /** float32[count, tokenDim] */
  readonly rows: Float32Array;
  readonly count: number;
  /** uint32[count]: the term of each row, 0 = none. Null where the encoder does not tell. */
  readonly terms: Uint32Array | null;
}

/** Rows of `tokens` by the weights of their terms, float32[count, tokenDim]; as they are where terms are not known. `idf` has all terms. */
export function weighedRows({ rows, count, terms }: TokenRows, idf: ReadonlyMap<number, number>): Float32Array {
  if (terms === null) return rows;
  const roots = Float64Array.from(terms, (term) =>
    Math.sqrt(term === 0 ? idfWithoutTerm : present(idf.get(term), 'the idf of a term')),
  );
  const mean = roots.reduce((sum, root) => sum + root, 0) / count;
  const dim = rows.length / count;
  return rows.map((value, i) => (value * roots[Math.floor(i / dim)]!) / mean);
}
