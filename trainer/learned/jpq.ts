/**
 * JPQ (Zhan et al., CIKM 2021) for codes that stay: the words of the scan's look-up table and a linear adapter of the query are learned from
 * judgements, so that relevant documents come before those that the present parameters find instead (end-to-end negatives).
 *
 * Judgements are few, and a code that follows them alone forgets the rest of the collection: what is kept has to find the dense neighbours of
 * held-out queries about as well as before, and more of what was judged relevant. Best after `distill-vq.ts`, from its parameters.
 */
import type { Random, ResumableRandom } from '../../base/random.js';
import type { LearnedParameters } from '../../vector-index/codebook/learned-parameters.js';
import type { ListStructure } from '../../vector-index/codebook/list-structure.js';
import type { StopSign } from '../stop-sign.js';
import type { ChooseRows, TaughtDocuments, TrainingQueries } from './candidate-pools.js';
import { checkTrainingRows, invalid } from './check-rows.js';
import { CodedDocuments } from './coded-documents.js';
import { firstCodeRecall, heldOutQueries, type FirstCodeRecall, type HeldOutQueries } from './first-code-recall.js';
import { fitParameters, heldOutHash, type FitKeeping, type LearningRates } from './fit-parameters.js';
import type { FitProgress } from './fit-state.js';
import { lambdaRank } from './lambda-rank.js';
import { meanRank, reciprocalRanks, type LabelledQueries } from './label-rank.js';
import { publishedParameters, startingParameters, type ScanParameters } from './scan-parameters.js';
import { splitQueries, type SplitQueries } from './split-queries.js';

export const labelledQueriesMin = 50;
const documentsMin = 256;
const batch = 32;
const usualWidth = 200;
const usualSteps = 150;
const refreshSteps = 15;
const judgeSteps = 15;
const patience = 8;
const usualRates: LearningRates = { words: 0.002, adapter: 0.0015, biases: 0 };
/** σ of the loss: inner products of unit vectors differ by hundredths. */
const scoreScale = 20;
const rankCut = 200;
/** Relevant documents of a query beyond these are not added where they were not found. */
const addedMax = 50;
/** Of the recall of the start, so much has to be left. */
export const recallFloor = 0.9;
/** So many more judging queries have to gain than lose: what one of them gains may be chance. */
const winsMin = 2;

export interface JpqSample {
  readonly structure: ListStructure;
  /** float32[n, dim], finite: documents, which are coded as the structure has it. */
  readonly vectors: Float32Array;
  /** `vectors` as the structure codes them, where the caller wants them for more than this; left out = they are coded here. */
  readonly documents?: CodedDocuments;
  /** float32[m, dim], finite, of any length. */
  readonly queries: Float32Array;
  /** uint32 each: rows of `vectors` that are relevant to each query. */
  readonly relevant: readonly Uint32Array[];
  /** What is begun with; null = the structure alone. */
  readonly from: LearnedParameters | null;
}

export interface JpqOptions {
  readonly random: ResumableRandom;
  /** Steps of 32 queries each, 150; documents of each, 200. */
  readonly steps?: number;
  readonly width?: number;
  readonly rates?: LearningRates;
  /** Whether the adapter is learned besides the words, where there is none yet; true. */
  readonly hasAdapter?: boolean;
  /** Where to go on from, and what may be gone on from later. */
  readonly keeping?: FitKeeping | undefined;
  readonly signal?: StopSign;
  onProgress?(progress: FitProgress): void;
}

/** Of held-out queries: MRR@10 by labels, and what is found of their dense neighbours. */
export interface LabelledScore extends FirstCodeRecall {
  readonly mrr: number;
}

export interface LearnedFromLabels {
  /** What serves for the structure from now on; null = nothing was found that is better. */
  readonly parameters: LearnedParameters | null;
  /** Of queries that had no part in any choice: by what was begun with, and by what was learned. Equal where nothing was. */
  readonly before: LabelledScore;
  readonly after: LabelledScore;
  readonly curve: readonly FitProgress[];
  readonly trainedOn: number;
  readonly judgedBy: number;
}

/**
 * Learns parameters for `sample`. Blocks the thread: for workers. The same sample, options and seed give the same parameters.
 * INVALID_ARGUMENT for a sample that cannot be learned from, FAILED_PRECONDITION where training runs away, CANCELLED by the signal.
 */
export function jpq(sample: JpqSample, options: JpqOptions): LearnedFromLabels {
  const { structure, vectors, from } = sample;
  const { random, signal, width = usualWidth } = options;
  checkSample(sample);
  const taught = { structure, documents: sample.documents ?? new CodedDocuments(structure, vectors, signal) };
  const split = splitLabelled(sample, random);
  const start = startingParameters(structure, { hasAdapter: options.hasAdapter ?? true, hasBiases: false, from });
  const judges = new LabelJudges(taught, split, start, signal);
  const { rows, relevant } = split.training;
  const fit = fitParameters(
    {
      ...{ ...taught, queries: { rows, selves: null }, choose: withRelevant(relevant, width) },
      target: (query, found, labels) => found.forEach((row, i) => (labels[i] = Number(relevant[query]!.includes(row)))),
      loss: (scores, labels, slopes) =>
        lambdaRank({ scores, labels, width }, { scale: scoreScale, cut: rankCut }, slopes),
      judge: (parameters) => judges.choose(parameters),
    },
    start,
    {
      ...{ rates: options.rates ?? usualRates, steps: options.steps ?? usualSteps, width, batch },
      ...{ refreshSteps, judgeSteps, patience, random, signal },
      ...{ heldOut: heldOutOf(split), keeping: options.keeping },
      onProgress: (progress) => options.onProgress?.(progress),
    },
  );
  const counts = { trainedOn: relevant.length, judgedBy: split.judging.relevant.length };
  return { ...judges.judge(fit.isBetter ? fit.parameters : null), curve: fit.curve, ...counts };
}

function heldOutOf({ training, choosing, judging }: LabelledSplit): bigint {
  const rowsOf = ({ rows }: LabelledQueries): TrainingQueries => ({ rows, selves: null });
  return heldOutHash({ training: rowsOf(training), choosing: rowsOf(choosing), judging: rowsOf(judging) });
}

type LabelledSplit = Readonly<Record<keyof SplitQueries, LabelledQueries>>;

/** Those who choose when to stop, and those who judge in the end. */
class LabelJudges {
  readonly #taught: TaughtDocuments;
  readonly #choosing: Judge;
  readonly #judging: Judge;
  readonly #start: ScanParameters;
  readonly #signal: StopSign | undefined;
  readonly #floor: number;

  constructor(taught: TaughtDocuments, split: LabelledSplit, start: ScanParameters, signal: StopSign | undefined) {
    this.#taught = taught;
    this.#start = start;
    this.#signal = signal;
    const [choosing, judging] = [split.choosing, split.judging].map((labelled) => ({
      labelled,
      held: heldOutQueries(taught, { rows: labelled.rows, selves: null }, signal),
    })) as [Judge, Judge];
    this.#choosing = choosing;
    this.#judging = judging;
    this.#floor = recallFloor * firstCodeRecall(taught, choosing.held, start, signal).at10;
  }

  /** MRR@10 of those who choose; −Infinity where too much of the dense neighbours is lost. */
  choose(parameters: ScanParameters): number {
    const { mrr, at10 } = this.#score(this.#choosing, parameters);
    return at10 < this.#floor ? -Infinity : mrr;
  }

  judge(learned: ScanParameters | null): Pick<LearnedFromLabels, 'parameters' | 'before' | 'after'> {
    const { ranks: ranksBefore, ...before } = this.#score(this.#judging, this.#start);
    if (learned === null) return { parameters: null, before, after: before };
    const { ranks, ...after } = this.#score(this.#judging, learned);
    const isRelevantEarlier = after.mrr > before.mrr && winsOf(ranks, ranksBefore) >= winsMin;
    if (!isRelevantEarlier || after.at10 < recallFloor * before.at10)
      return { parameters: null, before, after: before };
    return { parameters: publishedParameters(learned, this.#taught.structure), before, after };
  }

  #score({ labelled, held }: Judge, parameters: ScanParameters): LabelledScore & { readonly ranks: Float64Array } {
    const ranks = reciprocalRanks(this.#taught, labelled, parameters, this.#signal);
    return { mrr: meanRank(ranks), ...firstCodeRecall(this.#taught, held, parameters, this.#signal), ranks };
  }
}

/** Queries that gain less those that lose. */
function winsOf(ranks: Float64Array, before: Float64Array): number {
  return ranks.reduce((wins, rank, query) => wins + Math.sign(rank - before[query]!), 0);
}

interface Judge {
  readonly labelled: LabelledQueries;
  readonly held: HeldOutQueries;
}

function splitLabelled({ structure, queries, relevant }: JpqSample, random: Random): LabelledSplit {
  // The number of each query goes the way of the query.
  const selves = Uint32Array.from(relevant.keys());
  const split = splitQueries(structure, { rows: queries, selves }, random);
  const labelled = (part: keyof SplitQueries): LabelledQueries => ({
    rows: split[part].rows,
    relevant: Array.from(split[part].selves!, (number) => relevant[number]!),
  });
  return { training: labelled('training'), choosing: labelled('choosing'), judging: labelled('judging') };
}

/** What was found, with relevant documents that were not in the place of the last ones. */
function withRelevant(relevant: readonly Uint32Array[], width: number): ChooseRows {
  return (query, found) => {
    const missing = relevant[query]!.filter((row) => !found.includes(row)).slice(0, Math.min(addedMax, width >> 1));
    return Uint32Array.of(...found.subarray(0, width - missing.length), ...missing);
  };
}

function checkSample({ structure, vectors, queries, relevant }: JpqSample): void {
  const { dim } = structure.codebook;
  checkTrainingRows(vectors, { dim, what: 'document', least: documentsMin });
  checkTrainingRows(queries, { dim, what: 'query', least: labelledQueriesMin });
  const count = queries.length / dim;
  if (relevant.length !== count)
    throw invalid(`there are ${count} queries and judgements of ${relevant.length}; give one for each`);
  const without = relevant.findIndex((rows) => rows.length === 0);
  if (without >= 0) throw invalid(`query ${without} has no relevant document; leave it out`);
  const documents = vectors.length / dim;
  const unknown = relevant.findIndex((rows) => rows.some((row) => row >= documents));
  if (unknown >= 0)
    throw invalid(`query ${unknown} has a relevant document that is none of the ${documents}; leave it out`);
}
