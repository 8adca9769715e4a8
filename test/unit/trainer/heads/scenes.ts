/** Queries and documents of which a teacher knows what matters: the first dimensions, while the others are noise. */
import { seededRandom, type Random } from '../../../../base/random.js';
import { plainProducts } from '../../../../trainer/heads/products.js';
import { softmax, type MultiExample } from '../../../../trainer/heads/multi-loss.js';
import { normalizeRows, shuffledRows } from '../../../../trainer/rows.js';

export const inputDim = 16;
const signalDim = 6;
const documentCount = 6;
const rowsPerDocument = 5;
const queryTokens = 4;

export const products = plainProducts;

/** `count` examples; with `isShuffled` the teacher's shares stand beside the wrong documents. */
export function examples(count: number, seed: number, isShuffled = false): MultiExample[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => example(random, isShuffled));
}

function example(random: Random, isShuffled: boolean): MultiExample {
  const query = noisyRows(queryTokens, random);
  const documents = noisyRows(documentCount * rowsPerDocument, random);
  const scores = Array.from({ length: documentCount }, (_, d) => teacherScore(query, documents, d));
  const { shares } = softmax(scores, 0.05);
  const order = shuffledRows(documentCount, random);
  return {
    query,
    documents,
    counts: Array.from({ length: documentCount }, () => rowsPerDocument),
    shares: isShuffled ? Float64Array.from(order, (d) => shares[d]!) : shares,
  };
}

function noisyRows(count: number, random: Random): Float32Array {
  const rows = Float32Array.from({ length: count * inputDim }, (_, i) =>
    i % inputDim < signalDim ? random.normal() : 0.8 * random.normal(),
  );
  normalizeRows(rows, inputDim);
  return rows;
}

/** MaxSim over the dimensions that matter. */
function teacherScore(query: Float32Array, documents: Float32Array, document: number): number {
  let sum = 0;
  for (let i = 0; i < queryTokens; i++) {
    let best = -Infinity;
    for (let row = document * rowsPerDocument; row < (document + 1) * rowsPerDocument; row++) {
      best = Math.max(best, cosine(query, i, documents, row));
    }
    sum += best / queryTokens;
  }
  return sum;
}

function cosine(a: Float32Array, i: number, b: Float32Array, k: number): number {
  let [product, left, right] = [0, 0, 0];
  for (let j = 0; j < signalDim; j++) {
    const x = a[i * inputDim + j]!;
    const y = b[k * inputDim + j]!;
    product += x * y;
    left += x * x;
    right += y * y;
  }
  return product / Math.sqrt(left * right);
}
