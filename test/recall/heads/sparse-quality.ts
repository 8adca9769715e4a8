/** Scores of all documents by a sparse head. */
import { toFloat32 } from '../../../kernels/kernels.js';
import type { Products } from '../../../trainer/heads/products.js';
import { rowWeights, softplus } from '../../../trainer/heads/row-weights.js';
import type { SparseHead } from '../../../trainer/heads/sparse-head.js';
import { rowDim } from './encoded.js';
import { countOf, idsOf, type Searched, type TermPostings } from './judged.js';
import { rowsOfQuery } from './multi-quality.js';
import type { NearWords } from './near-words.js';
import { soughtBy } from './sparse-task.js';

const chunkRows = 32_768;

export interface SparseIndex {
  readonly postings: ReadonlyMap<number, TermPostings>;
  /** Share of the postings whose weight by the head is below a fifth of BM25's. */
  readonly lightShare: number;
}

/** BM25's postings times the head's weights. A word behind the model's reach has the mean weight of its document's others. */
export async function weightedPostings(
  { documents, lexicon }: Searched,
  head: SparseHead,
  products: Products,
): Promise<SparseIndex> {
  const column = head.documents.slice(0, rowDim);
  const count = documents.rows.length / rowDim;
  const features = new Float32Array(count);
  for (let from = 0; from < count; from += chunkRows) {
    const rows = toFloat32(documents.rows.slice(from * rowDim, (from + chunkRows) * rowDim));
    features.set(await products.times(rows, column, rowDim), from);
  }
  const weights = Array.from({ length: lexicon.documents }, (_, d) => {
    const ids = idsOf(documents, d).subarray(0, Math.max(0, countOf(documents, d) - 1));
    const from = documents.starts[d]!;
    return weightsOf(ids, features.subarray(from, from + ids.length), head.documents[rowDim]!);
  });
  const means = weights.map((own) =>
    own.size === 0 ? 1 : [...own.values()].reduce((sum, value) => sum + value, 0) / own.size,
  );
  let light = 0;
  let all = 0;
  const postings = new Map<number, TermPostings>();
  for (const [word, own] of lexicon.postings) {
    const factors = own.documents.map((d) => weights[d]!.get(word) ?? means[d]!);
    light += factors.filter((factor) => factor < 0.2).length;
    all += factors.length;
    postings.set(word, { documents: own.documents, weights: own.weights.map((weight, i) => weight * factors[i]!) });
  }
  return { postings, lightShare: light / all };
}

function weightsOf(ids: Int32Array, features: Float32Array, bias: number): Map<number, number> {
  const sums = new Map<number, { sum: number; count: number }>();
  ids.forEach((id, i) => {
    const own = sums.get(id) ?? { sum: 0, count: 0 };
    sums.set(id, { sum: own.sum + features[i]!, count: own.count + 1 });
  });
  return new Map([...sums].map(([id, { sum, count }]) => [id, softplus(sum / count + bias)]));
}

/** For each asked query the score of every document. */
export function sparseScores(
  searched: Searched,
  { postings }: SparseIndex,
  head: SparseHead,
  near: NearWords | null,
): Float32Array[] {
  const { queries, asked, lexicon } = searched;
  const levelWeights = Float64Array.from(head.nearness, softplus);
  return asked.map((q) => {
    const ids = idsOf(queries, q);
    const weights = rowWeights(rowsOfQuery(queries, q), head.queries);
    const scores = new Float32Array(lexicon.documents);
    ids.forEach((id, i) => {
      for (const { word, level, idf } of soughtBy(id, lexicon, near)) {
        const own = postings.get(word)!;
        const factor = idf * (weights[i] ?? 1) * (level < 0 ? 1 : levelWeights[level]!);
        own.documents.forEach((d, k) => (scores[d]! += factor * own.weights[k]!));
      }
    });
    return scores;
  });
}
