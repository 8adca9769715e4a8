/**
 * Examples for the multi-vector head from taught passages.
 *
 * Of a document's rows only a few decide: those that are best for a token of the query by the head that training begins with. An example
 * has these and some others at random, which is a fifth of all; training goes in rounds, each with rows chosen by what the last one left.
 */
import { bestProducts, centroidPanels } from '../../../kernels/training.js';
import { toFloat32 } from '../../../kernels/kernels.js';
import type { Random } from '../../../base/random.js';
import { mapRows, type MultiHead } from '../../../trainer/heads/multi-head.js';
import { softmax, type MultiExample } from '../../../trainer/heads/multi-loss.js';
import type { Products } from '../../../trainer/heads/products.js';
import type { HeadTask } from '../../../trainer/heads/train-head.js';
import { shuffledRows } from '../../../trainer/rows.js';
import { ranked } from './collections.js';
import { rowDim, type EncodedSet } from './encoded.js';
import { countOf } from './judged.js';
import { mappedSet, rowsOfQuery, type ComparedRows } from './multi-quality.js';
import { teacherScores, type Taught } from './teacher.js';

/** Weights of the teacher, chosen on SciFact's training questions. */
export const teacherWeights = { dense: 0.5, lexical: 0.07 };

export interface Sampling {
  /** Best candidates by the teacher, and others among the rest at random. */
  readonly best: number;
  readonly others: number;
  /** Rows of a document at random, beside those that decide. */
  readonly rows: number;
  /** Of the teacher's scores. */
  readonly temperature: number;
  readonly heldOut: number;
}

interface Question {
  readonly source: Taught;
  readonly q: number;
  /** What the teacher says of each candidate. */
  readonly scores: Float64Array;
  /** Places among the candidates, best by the teacher first. */
  readonly order: readonly number[];
}

/** A question with the rows that it is asked over: numbers of rows of its source, by document. */
interface Chosen extends Question {
  /** Places of the candidates that take part. */
  readonly places: readonly number[];
  readonly rows: readonly Uint32Array[];
}

/** All passages of `sources` that have enough candidates, in random order, at most `limit`. */
export function questionsOf(sources: readonly Taught[], sampling: Sampling, limit: number, random: Random): Question[] {
  const all = sources.flatMap((source) =>
    source.asked
      .filter((q) => source.tops[q]!.length >= sampling.best + sampling.others && countOf(source.queries, q) > 2)
      .map((q) => ({ source, q })),
  );
  const order = shuffledRows(all.length, random).subarray(0, limit);
  return Array.from(order, (i) => questionOf(all[i]!.source, all[i]!.q));
}

function questionOf(source: Taught, q: number): Question {
  const scores = teacherScores(source, q, teacherWeights);
  const hasRows = (place: number): boolean => countOf(source.documents, source.tops[q]![place]!) > 0;
  return { source, q, scores, order: ranked(scores, scores.length).filter(hasRows) };
}

/** What rows are chosen by, and what candidates and rows are drawn with. */
export interface Round {
  readonly head: MultiHead;
  readonly products: Products;
  readonly random: Random;
}

/** A task over `questions`, the first `heldOut` of them held out, with rows chosen by `head`. */
export async function multiTask(
  questions: readonly Question[],
  sampling: Sampling,
  by: Round,
): Promise<HeadTask<MultiExample>> {
  const mapped = new Map<Taught, ComparedRows>();
  const chosen: Chosen[] = [];
  for (const question of questions) {
    const { source } = question;
    const compared = mapped.get(source) ?? (await mappedSet(source.documents, by.head.documents, by.products));
    mapped.set(source, compared);
    chosen.push(await chooseRows(question, compared, { ...by, sampling }));
  }
  const heldOut = chosen.slice(0, sampling.heldOut).map((one) => exampleOf(one, sampling.temperature));
  const learned = chosen.slice(sampling.heldOut);
  return { count: learned.length, example: (number) => exampleOf(learned[number]!, sampling.temperature), heldOut };
}

async function chooseRows(
  question: Question,
  { rows, dim }: ComparedRows,
  { head, products, random, sampling }: Round & { readonly sampling: Sampling },
): Promise<Chosen> {
  const { source, q, order } = question;
  const rest = order.slice(sampling.best);
  const drawn = Array.from(shuffledRows(rest.length, random).subarray(0, sampling.others), (i) => rest[i]!);
  const places = [...order.slice(0, sampling.best), ...drawn];
  const { units } = await mapRows(rowsOfQuery(source.queries, q), head.queries, products);
  const best = { assignments: new Uint32Array(units.length / dim), scores: new Float32Array(units.length / dim) };
  const chosen = places.map((place) => {
    const d = source.tops[q]![place]!;
    const [from, to] = [source.documents.starts[d]!, source.documents.starts[d + 1]!];
    bestProducts(units, centroidPanels(toFloat32(rows.slice(from * dim, to * dim)), null, dim), best);
    const others = Array.from({ length: sampling.rows }, () => from + random.below(to - from));
    return Uint32Array.from(new Set([...best.assignments.map((row) => from + row), ...others]));
  });
  return { ...question, places, rows: chosen };
}

function exampleOf({ source, q, scores, places, rows }: Chosen, temperature: number): MultiExample {
  return {
    query: rowsOfQuery(source.queries, q),
    documents: gathered(source.documents, rows),
    counts: rows.map(({ length }) => length),
    shares: softmax(
      places.map((place) => scores[place]!),
      temperature,
    ).shares,
  };
}

function gathered(set: EncodedSet, rows: readonly Uint32Array[]): Float32Array {
  const halves = new Uint16Array(rows.reduce((sum, { length }) => sum + length, 0) * rowDim);
  let at = 0;
  for (const own of rows) {
    for (const row of own) {
      halves.set(set.rows.subarray(row * rowDim, (row + 1) * rowDim), at);
      at += rowDim;
    }
  }
  return toFloat32(halves);
}
