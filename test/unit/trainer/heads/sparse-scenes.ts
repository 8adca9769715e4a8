/** Words whose first feature says that they matter, and a teacher who knows it. */
import { seededRandom, type Random } from '../../../../base/random.js';
import { softmax } from '../../../../trainer/softmax.js';
import type { SparseExample, WordMatch } from '../../../../trainer/heads/sparse-loss.js';
import { shuffledRows } from '../../../../trainer/rows.js';

export const inputDim = 8;
const tokens = 5;
const documentCount = 6;
const temperature = 0.5;

/** `count` examples; with `isShuffled` the teacher's shares stand beside the wrong documents. */
export function sparseExamples(count: number, seed: number, isShuffled = false): SparseExample[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => example(random, isShuffled));
}

function example(random: Random, isShuffled: boolean): SparseExample {
  const normals = (rows: number): Float32Array => Float32Array.from({ length: rows * inputDim }, () => random.normal());
  const query = normals(tokens);
  const words: number[] = [];
  const matches = Array.from({ length: documentCount }, () =>
    Array.from({ length: tokens }, (_, token) => match(token, words, random)).filter(() => random.unit() < 0.7),
  );
  const scores = matches.map((own) =>
    own.reduce((sum, { token, value }) => sum + (query[token * inputDim]! > 0 ? 2 * value : 0), 0),
  );
  const { shares } = softmax(scores, temperature);
  const order = shuffledRows(documentCount, random);
  return {
    query,
    words: normals(words.length),
    matches,
    shares: isShuffled ? Float64Array.from(order, (d) => shares[d]!) : shares,
  };
}

function match(token: number, words: number[], random: Random): WordMatch {
  words.push(token);
  return { token, word: words.length - 1, value: 0.5 + random.unit() };
}
