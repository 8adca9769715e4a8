/**
 * Distill-VQ (Xiao et al., SIGIR 2022) for codes that stay: the words of the scan's look-up table, a linear adapter of the query and a bias
 * for each list are learned so that softmax over the first scores says what softmax over the vectors' inner products says.
 *
 * Label-free: the teacher is the vectors. A query is taught on the documents that the present student finds (`candidate-pools.ts`), in place of the
 * paper's top 200 of the teacher with those of the other queries: the first codes' best two hundred hold all but some thousandths of the true
 * ten, and whatever the student comes to overrate is among them at the next look. The factors of the codes are in the scores, and do not move.
 */
import type { ResumableRandom } from '../../base/random.js';
import type { LearnedParameters } from '../../vector-index/codebook/learned-parameters.js';
import type { ListStructure } from '../../vector-index/codebook/list-structure.js';
import type { StopSign } from '../stop-sign.js';
import {
  candidatePools,
  withoutSelf,
  type PoolOptions,
  type TaughtDocuments,
  type TrainingQueries,
} from './candidate-pools.js';
import { checkTrainingRows } from './check-rows.js';
import { CodedDocuments } from './coded-documents.js';
import { firstCodeRecall, heldOutQueries } from './first-code-recall.js';
import { fitParameters, heldOutHash, type FitKeeping, type LearningRates } from './fit-parameters.js';
import type { FitProgress } from './fit-state.js';
import { judgedFit, type Learned } from './judged-fit.js';
import { listNet } from './list-net.js';
import { startingParameters } from './scan-parameters.js';
import { askedQueries, askingDocuments, splitQueries, withAskingDocuments } from './split-queries.js';

/** Fewer documents or queries teach nothing that holds for others. */
export const documentsMin = 256;
export const queriesMin = 100;
/** Queries by whose candidates the temperature is measured. */
const measuredMax = 200;
const batch = 64;
const usualWidth = 200;
const usualSteps = 600;
const refreshSteps = 30;
const judgeSteps = 60;
const patience = 4;
const usualRates: LearningRates = { words: 0.01, adapter: 0.004, biases: 0.0003 };

export interface DistillSample {
  readonly structure: ListStructure;
  /** float32[n, dim], finite: documents, which are coded as the structure has it. */
  readonly vectors: Float32Array;
  /** `vectors` as the structure codes them, where the caller wants them for more than this; left out = they are coded here. */
  readonly documents?: CodedDocuments;
  /** float32[m, dim], finite, of any length: training queries, real or made of texts; null = documents ask for their neighbours. */
  readonly queries: Float32Array | null;
  /** What is begun with, and has to be surpassed; left out = the structure alone. */
  readonly from?: LearnedParameters | null;
}

export interface DistillOptions {
  readonly random: ResumableRandom;
  /** Steps of 64 queries each, 600; documents of each, 200. */
  readonly steps?: number;
  readonly width?: number;
  /** τ in standard deviations of the teacher's scores of a query's candidates; 1. */
  readonly temperature?: number;
  readonly rates?: LearningRates;
  /** Whether the adapter and the lists' biases are learned besides the words; true. */
  readonly hasAdapter?: boolean;
  readonly hasBiases?: boolean;
  /** Documents that are learned from as queries, besides the given ones, which alone choose and judge; 0. */
  readonly askingDocuments?: number;
  /** Rows that are not among these: they judge what was learned. */
  readonly heldDocuments?: Uint32Array;
  /** Where to go on from, and what may be gone on from later. */
  readonly keeping?: FitKeeping | undefined;
  readonly signal?: StopSign;
  onProgress?(progress: FitProgress): void;
  /** Float32[n]: what is taught instead of the inner products of `query` float32[dim] with documents `rows`. For controls. */
  teacher?(query: Float32Array, rows: Uint32Array): Float32Array;
}

/**
 * Learns parameters for `sample`. Blocks the thread: for workers. The same sample, options and seed give the same parameters.
 * INVALID_ARGUMENT for a sample that cannot be learned from, FAILED_PRECONDITION where training runs away, CANCELLED by the signal.
 */
export function distillVq(sample: DistillSample, options: DistillOptions): Learned {
  const { structure, vectors } = sample;
  const { dim } = structure.codebook;
  const { random, signal, width = usualWidth } = options;
  checkTrainingRows(vectors, { dim, what: 'document', least: documentsMin });
  if (sample.queries !== null) checkTrainingRows(sample.queries, { dim, what: 'query', least: queriesMin });
  const taught = { structure, documents: sample.documents ?? new CodedDocuments(structure, vectors, signal) };
  const queries = sample.queries === null ? askingDocuments(vectors, dim, random) : askedQueries(sample.queries);
  const split = splitQueries(structure, queries, random);
  const { training: own, choosing, judging } = split;
  const { askingDocuments: count = 0, heldDocuments: held } = options;
  const training = withAskingDocuments(structure, own, vectors, { count, random, held });
  const chooser = heldOutQueries(taught, choosing, signal);
  const { hasAdapter = true, hasBiases = true } = options;
  const start = startingParameters(structure, { hasAdapter, hasBiases, from: sample.from ?? null });
  const teacher = options.teacher ?? ((query, rows) => taught.documents.teacherScores(query, rows));
  const temperature = (options.temperature ?? 1) * spreadOf(taught, training, { parameters: start, width, signal });
  const fit = fitParameters(
    {
      ...{ ...taught, queries: training, choose: withoutSelf(training.selves) },
      target: (query, rows, targets) => targets.set(teacher(rowOf(training.rows, query, dim), rows)),
      loss: (student, targets, slopes) => listNet({ student, teacher: targets, width }, temperature, slopes),
      judge: (parameters) => firstCodeRecall(taught, chooser, parameters, signal).at10,
    },
    start,
    {
      ...{ rates: options.rates ?? usualRates, steps: options.steps ?? usualSteps, width, batch },
      ...{ refreshSteps, judgeSteps, patience, random, signal },
      ...{ heldOut: heldOutHash(split), keeping: options.keeping },
      onProgress: (progress) => options.onProgress?.(progress),
    },
  );
  return judgedFit(taught, heldOutQueries(taught, judging, signal), { start, fit, training, signal });
}

/** Mean standard deviation of the teacher's scores of what a query finds; of equal scores, one. */
function spreadOf(taught: TaughtDocuments, { rows, selves }: TrainingQueries, options: PoolOptions): number {
  const { documents } = taught;
  const { dim } = documents;
  const numbers = Uint32Array.from({ length: Math.min(measuredMax, rows.length / dim) }, (_, number) => number);
  const pools = candidatePools(taught, { rows }, numbers, { ...options, choose: withoutSelf(selves) });
  let sum = 0;
  pools.forEach((pool, number) => {
    const scores = documents.teacherScores(rowOf(rows, number, dim), pool.rows);
    const mean = scores.reduce((total, score) => total + score, 0) / scores.length;
    sum += Math.sqrt(scores.reduce((total, score) => total + (score - mean) ** 2, 0) / scores.length);
  });
  return sum > 0 ? sum / pools.length : 1;
}

function rowOf(rows: Float32Array, row: number, dim: number): Float32Array {
  return rows.subarray(row * dim, (row + 1) * dim);
}
