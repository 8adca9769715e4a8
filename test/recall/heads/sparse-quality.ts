/** Scores of all documents by a sparse head, weighed as the encoder and the index weigh them. */
import { countTerms } from '../../../encoder-node/tokenizer/term-counts.js';
import { documentScales, queryWeights, type RowFeatures } from '../../../encoder-node/tokenizer/term-scales.js';
import { toFloat32 } from '../../../kernels/kernels.js';
import { rowFeatures, type SparseHead } from '../../../vector-index/codebook/sparse-head.js';
import { modelTokenizer } from '../../model-tokenizer.js';
import { rowDim, type EncodedSet } from './encoded.js';
import { countOf, idfOf, idsOf, type Searched } from './judged.js';

/** For each asked query the score of every document. */
export function sparseScores({ documents, queries, asked, lexicon }: Searched, head: SparseHead): Float32Array[] {
  const { specialIds } = modelTokenizer();
  const scales = Array.from({ length: lexicon.documents }, (_, d) => {
    const { termIds } = countTerms(Array.from(idsOf(documents, d)), specialIds);
    const own = documentScales({ termIds }, featuresOf(documents, d, head.documents));
    return new Map(Array.from(termIds, (id, i) => [id, own[i]!]));
  });
  return asked.map((q) => {
    const counted = countTerms(Array.from(idsOf(queries, q)), specialIds);
    const weights = queryWeights(counted, featuresOf(queries, q, head.queries));
    const scores = new Float32Array(lexicon.documents);
    counted.termIds.forEach((id, i) => {
      const postings = lexicon.postings.get(id);
      const factor = idfOf(lexicon, id) * weights[i]!;
      postings?.documents.forEach((d, k) => (scores[d]! += factor * postings.weights[k]! * scales[d]!.get(id)!));
    });
    return scores;
  });
}

/** What one side of the head says of the words of text number `text` that the model read. */
function featuresOf(set: EncodedSet, text: number, side: Float32Array): RowFeatures {
  const ids = idsOf(set, text).subarray(0, Math.max(0, countOf(set, text) - 1));
  const from = set.starts[text]! * rowDim;
  const rows = toFloat32(set.rows.slice(from, from + ids.length * rowDim));
  return { ids, features: rowFeatures(rows, side) };
}
