/** How far a sparse head's order of a query's candidates is from a teacher's, and in which direction each parameter makes it worse. */
import type { SparseHead } from '../../vector-index/codebook/sparse-head.js';
import { listLoss } from './list-loss.js';
import { rowWeights, rowWeightsGradient } from './row-weights.js';
import type { Descent } from './train-head.js';

/** A word of a document that a token of the query finds. */
export interface WordMatch {
  /** Number of the query's token, and of the word's row. */
  readonly token: number;
  readonly word: number;
  /** What BM25 gives for it. */
  readonly value: number;
}

export interface SparseExample {
  /** float32[tokens, inputDim] */
  readonly query: Float32Array;
  /** float32[words, inputDim]: mean rows of words in documents, all documents together. */
  readonly words: Float32Array;
  /** Of each document. */
  readonly matches: readonly (readonly WordMatch[])[];
  /** float64[documents]: shares of the teacher, which sum to 1. */
  readonly shares: Float64Array;
}

export interface SparsePenalty {
  /** Of the head's scores. */
  readonly temperature: number;
  /** Times the mean weight of words in documents: what keeps a word in the index has to earn it. */
  readonly sparsity: number;
}

/** Loss of one example and its derivatives by queries and documents, in this order; with the scores. */
export function sparseLoss(
  head: SparseHead,
  example: SparseExample,
  { temperature, sparsity }: SparsePenalty,
): Descent & { readonly scores: readonly number[] } {
  const weights = partsAt(head, example);
  const scores = example.matches.map((own) => own.reduce((sum, match) => sum + contribution(match, weights), 0));
  const { loss, slopes } = listLoss(scores, example.shares, temperature);
  const flow = flowBack(example, weights, slopes);
  const words = weights.words.length;
  for (let word = 0; word < words; word++) flow.words[word]! += sparsity / words;
  const penalty = words === 0 ? 0 : (sparsity * weights.words.reduce((sum, weight) => sum + weight, 0)) / words;
  return {
    loss: loss + penalty,
    scores,
    gradient: [
      rowWeightsGradient(example.query, weights.tokens, flow.tokens),
      words === 0
        ? new Float32Array(head.documents.length)
        : rowWeightsGradient(example.words, weights.words, flow.words),
    ],
  };
}

interface Weights {
  readonly tokens: Float64Array;
  readonly words: Float64Array;
}

function partsAt(head: SparseHead, { query, words }: SparseExample): Weights {
  return {
    tokens: rowWeights(query, head.queries),
    words: rowWeights(words, head.documents),
  };
}

function contribution({ token, word, value }: WordMatch, { tokens, words }: Weights): number {
  return value * tokens[token]! * words[word]!;
}

/** Derivatives by each weight, from those by the scores. */
function flowBack({ matches }: SparseExample, { tokens, words }: Weights, slopes: Float64Array): Weights {
  const flow = {
    tokens: new Float64Array(tokens.length),
    words: new Float64Array(words.length),
  };
  matches.forEach((own, d) => {
    for (const { token, word, value } of own) {
      const slope = slopes[d]! * value;
      flow.tokens[token]! += slope * words[word]!;
      flow.words[word]! += slope * tokens[token]!;
    }
  });
  return flow;
}
