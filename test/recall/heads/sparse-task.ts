/** Examples for the sparse head from taught passages: which words of a candidate a passage finds, and where they stand in it. */
import type { Random } from '../../../base/random.js';
import { toFloat32 } from '../../../kernels/kernels.js';
import { softmax } from '../../../trainer/softmax.js';
import type { SparseExample, WordMatch } from '../../../trainer/heads/sparse-loss.js';
import type { HeadTask } from '../../../trainer/heads/train-head.js';
import { shuffledRows } from '../../../trainer/rows.js';
import { rowDim, type EncodedSet } from './encoded.js';
import { countOf, idfOf, idsOf, wordUnit, type Lexicon } from './judged.js';
import { rowsOf } from './multi-quality.js';
import { teacherScores, teacherWeights, type Taught } from './teacher.js';

export interface SparseSampling {
  /** Candidates of an example, at random. */
  readonly documents: number;
  /** Of the teacher's scores. */
  readonly temperature: number;
  readonly heldOut: number;
  readonly limit: number;
}

/** BM25's weights of each document's words. */
export function wordWeights({ postings, documents }: Lexicon): Map<number, number>[] {
  const weights = Array.from({ length: documents }, () => new Map<number, number>());
  for (const [word, own] of postings) own.documents.forEach((d, i) => weights[d]!.set(word, own.weights[i]!));
  return weights;
}

export function sparseTask(source: Taught, sampling: SparseSampling, random: Random): HeadTask<SparseExample> {
  const weights = wordWeights(source.lexicon);
  const order = shuffledRows(source.asked.length, random).subarray(0, sampling.limit);
  const make = (q: number, own: Random): SparseExample => exampleOf({ source, weights, sampling }, q, own);
  const heldOut = Array.from(order.subarray(0, sampling.heldOut), (q) => make(q, random));
  const learned = order.subarray(sampling.heldOut);
  return { count: learned.length, example: (number, own) => make(learned[number]!, own), heldOut };
}

interface Given {
  readonly source: Taught;
  readonly weights: readonly Map<number, number>[];
  readonly sampling: SparseSampling;
}

function exampleOf({ source, weights, sampling }: Given, q: number, random: Random): SparseExample {
  const scores = teacherScores(source, q, teacherWeights);
  const places = shuffledRows(scores.length, random).subarray(0, sampling.documents);
  const ids = idsOf(source.queries, q).subarray(0, countOf(source.queries, q) - 1);
  const scale = wordUnit(source.lexical[q]!);
  const idfs = Array.from(ids, (id) => idfOf(source.lexicon, id));
  const rows: Float32Array[] = [];
  const matches = Array.from(places, (place) => {
    const d = source.tops[q]![place]!;
    const found: WordMatch[] = [];
    const wordRow = new Map<number, number>();
    ids.forEach((id, token) => {
      const weight = weights[d]!.get(id);
      const row = weight === undefined ? null : (wordRow.get(id) ?? addRow(source.documents, d, id, rows));
      if (weight === undefined || row === null) return;
      wordRow.set(id, row);
      found.push({ token, word: row, value: (idfs[token]! * weight) / scale });
    });
    return found;
  });
  return {
    query: rowsOf(source.queries, q),
    words: joined(rows),
    matches,
    shares: softmax(
      Array.from(places, (place) => scores[place]!),
      sampling.temperature,
    ).shares,
  };
}

/** Adds the mean row of `word` in document `d`; null where it stands only behind the model's reach. */
function addRow(documents: EncodedSet, d: number, word: number, rows: Float32Array[]): number | null {
  const ids = idsOf(documents, d).subarray(0, countOf(documents, d) - 1);
  const mean = new Float32Array(rowDim);
  let count = 0;
  ids.forEach((id, i) => {
    if (id !== word) return;
    const from = (documents.starts[d]! + i) * rowDim;
    toFloat32(documents.rows.slice(from, from + rowDim)).forEach((value, j) => (mean[j]! += value));
    count += 1;
  });
  if (count === 0) return null;
  rows.push(mean.map((sum) => sum / count));
  return rows.length - 1;
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.length * rowDim);
  rows.forEach((row, i) => all.set(row, i * rowDim));
  return all;
}
