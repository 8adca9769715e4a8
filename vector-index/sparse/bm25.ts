/**
 * BM25, split so that a stored weight never changes: the document's part is computed at ingest with a constant average length, the
 * collection's part (idf) at query time. Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009, section 3.
 */
import { assert } from '../../base/assert.js';

/** How fast repetition of a term saturates; the value of Lucene's and Anserini's BEIR baselines. */
const k1 = 0.9;
/** How much a document's length counts. */
const b = 0.4;

/**
 * float32[terms] document weights: tf / (tf + k1 · (1 − b + b · length / averageLength)).
 * `termFrequencies` is float32[terms]; `length` and `averageLength` are in terms. The result is the caller's.
 */
export function documentWeights(termFrequencies: Float32Array, length: number, averageLength: number): Float32Array {
  assert(averageLength > 0, 'the average document length is positive');
  const norm = k1 * (1 - b + (b * length) / averageLength);
  return termFrequencies.map((frequency) => frequency / (frequency + norm));
}

/** ln(1 + (N − df + 0.5) / (df + 0.5)); positive for every df ≤ N. A df above N counts as N. */
export function inverseDocumentFrequency(documents: number, documentFrequency: number): number {
  const df = Math.min(documentFrequency, documents);
  return Math.log(1 + (documents - df + 0.5) / (df + 0.5));
}
