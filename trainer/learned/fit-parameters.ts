/**
 * The loop that both methods share: batches of queries, a loss over the documents that the present parameters find, Adam, and a judgement
 * of held-out queries every so many steps, which decides what is kept. What it gives is the best that was judged, the start included.
 */
import type { Random } from '../../base/random.js';
import { ShoalError } from '../../base/errors.js';
import { shuffledRows } from '../rows.js';
import { refuseStopped, type StopSign } from '../stop-sign.js';
import { Adam } from '../adam.js';
import { candidatePools, type ChooseRows, type TaughtDocuments, type TrainingQueries } from './candidate-pools.js';
import { CodeGradient, type Candidates } from './code-gradient.js';
import { areFinite, copyOf, type ScanParameters } from './scan-parameters.js';

/** Sizes of a step of Adam. */
export interface LearningRates {
  /** Of the words, in root mean squares of the words it begins with. */
  readonly words: number;
  /** Of the adapter, in 1 / √dim, which its values are near. */
  readonly adapter: number;
  /** Of the lists' biases, as scores are. */
  readonly biases: number;
}

export interface FitOptions {
  readonly rates: LearningRates;
  /** Steps, and queries of each. */
  readonly steps: number;
  readonly batch: number;
  /** Candidates of a query. */
  readonly width: number;
  /** Documents are found again after so many steps. */
  readonly refreshSteps: number;
  /** Held-out queries are asked after so many steps; after so many judgements without a gain it ends. */
  readonly judgeSteps: number;
  readonly patience: number;
  readonly random: Random;
  readonly signal?: StopSign | undefined;
  onProgress?(progress: FitProgress): void;
}

export interface FitProgress {
  /** Of all steps; they may end before. */
  readonly share: number;
  /** Mean since the last judgement. */
  readonly loss: number;
  /** Of the latest judgement. */
  readonly score: number;
  readonly best: number;
}

export interface FitTask extends TaughtDocuments {
  readonly queries: TrainingQueries;
  readonly choose: ChooseRows;
  /** Fills `targets` with what is wanted of each of `rows` for a query, in their order. */
  target(query: number, rows: Uint32Array, targets: Float64Array): void;
  /** The loss of float64[batch, width] `scores`, its gradient into `gradient`; −Infinity among `targets` = no document. */
  loss(scores: Float64Array, targets: Float64Array, gradient: Float64Array): number;
  /** What held-out queries say: the larger the better. */
  judge(parameters: ScanParameters): number;
}

export interface Fit {
  /** The best that was judged. */
  readonly parameters: ScanParameters;
  /** False where nothing was better than the start, which `parameters` is then. */
  readonly isBetter: boolean;
  readonly curve: readonly FitProgress[];
}

/** Fits a copy of `start`. FAILED_PRECONDITION when losses or gradients stop being numbers, CANCELLED by the signal. */
export function fitParameters(task: FitTask, start: ScanParameters, options: FitOptions): Fit {
  const { batch, width, steps, refreshSteps, judgeSteps, patience } = options;
  const parameters = copyOf(start);
  const stepper = new Stepper(parameters, options.rates);
  const model = new CodeGradient(task.documents, parameters, { batch, width });
  const rounds = new Rounds(task, options);
  const curve: FitProgress[] = [];
  let best = { parameters: start, score: task.judge(start), at: 0 };
  let [losses, counted] = [0, 0];
  const startScore = best.score;
  for (let step = 0; step < steps; step++) {
    refuseStopped(options.signal);
    if (step % refreshSteps === 0) rounds.refresh(parameters, Math.min(refreshSteps, steps - step));
    const { queries, candidates, scores, targets, slopes } = rounds.batch(step % refreshSteps);
    model.score(parameters, { queries, candidates }, scores);
    losses += task.loss(scores, targets, slopes);
    counted += 1;
    stepper.step(parameters, model.gradient(parameters, { queries, candidates }, slopes), 1 - step / steps);
    if ((step + 1) % judgeSteps !== 0 && step + 1 !== steps) continue;
    if (!Number.isFinite(losses) || !areFinite(parameters)) throw ranAway(step);
    const score = task.judge(parameters);
    if (score > best.score) best = { parameters: copyOf(parameters), score, at: curve.length };
    curve.push({ share: (step + 1) / steps, loss: losses / counted, score, best: best.score });
    options.onProgress?.(curve.at(-1)!);
    [losses, counted] = [0, 0];
    if (curve.length - 1 - best.at >= patience) break;
  }
  return { parameters: best.parameters, isBetter: best.score > startScore, curve };
}

function ranAway(step: number): ShoalError {
  const message = `the loss or its gradient is no number any more after ${step + 1} steps`;
  return new ShoalError('FAILED_PRECONDITION', `${message}; nothing was changed, train again with lower rates`);
}

/** One Adam for each table of parameters. */
class Stepper {
  readonly #rates: readonly number[];
  readonly #adams: readonly (Adam | null)[];

  constructor({ words, adapter, biases }: ScanParameters, rates: LearningRates) {
    const wordSize = Math.sqrt(words.reduce((sum, value) => sum + value * value, 0) / words.length);
    this.#rates = [rates.words * wordSize, rates.adapter / (adapter?.length ?? 1) ** (1 / 4), rates.biases];
    this.#adams = [words, adapter, biases].map((part) => (part === null ? null : new Adam(part.length)));
  }

  step(parameters: ScanParameters, gradient: ScanParameters, share: number): void {
    const values = [parameters.words, parameters.adapter, parameters.biases];
    const slopes = [gradient.words, gradient.adapter, gradient.biases];
    this.#adams.forEach((adam, at) => adam?.step(values[at]!, slopes[at]!, this.#rates[at]! * share));
  }
}

interface Batch {
  readonly queries: Float32Array;
  readonly candidates: readonly Candidates[];
  readonly scores: Float64Array;
  readonly targets: Float64Array;
  readonly slopes: Float64Array;
}

/** The queries between two refreshes, with their candidates; every query once before any comes again. */
class Rounds {
  readonly #task: FitTask;
  readonly #options: FitOptions;
  readonly #scores: Float64Array;
  readonly #targets: Float64Array;
  readonly #slopes: Float64Array;
  #order: Uint32Array = new Uint32Array(0);
  #numbers: Uint32Array = new Uint32Array(0);
  #candidates: readonly Candidates[] = [];

  constructor(task: FitTask, options: FitOptions) {
    this.#task = task;
    this.#options = options;
    const room = options.batch * options.width;
    this.#scores = new Float64Array(room);
    this.#targets = new Float64Array(room);
    this.#slopes = new Float64Array(room);
  }

  /** Finds documents for the queries of the next `steps` steps. */
  refresh(parameters: ScanParameters, steps: number): void {
    const { batch, width, signal } = this.#options;
    this.#numbers = this.#next(steps * batch);
    const { choose } = this.#task;
    this.#candidates = candidatePools(this.#task, this.#task.queries, this.#numbers, {
      parameters,
      width,
      signal,
      choose,
    });
  }

  /** Those of step `step` since. */
  batch(step: number): Batch {
    const { batch, width } = this.#options;
    const { dim } = this.#task.documents;
    const numbers = this.#numbers.subarray(step * batch, (step + 1) * batch);
    const candidates = this.#candidates.slice(step * batch, (step + 1) * batch);
    const queries = new Float32Array(batch * dim);
    this.#targets.fill(-Infinity);
    numbers.forEach((number, i) => {
      queries.set(this.#task.queries.rows.subarray(number * dim, (number + 1) * dim), i * dim);
      const { rows } = candidates[i]!;
      this.#task.target(number, rows, this.#targets.subarray(i * width, i * width + rows.length));
    });
    return { queries, candidates, scores: this.#scores, targets: this.#targets, slopes: this.#slopes };
  }

  #next(count: number): Uint32Array {
    const all = this.#task.queries.rows.length / this.#task.documents.dim;
    const numbers = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      if (this.#order.length === 0) this.#order = shuffledRows(all, this.#options.random);
      numbers[i] = this.#order[0]!;
      this.#order = this.#order.subarray(1);
    }
    return numbers;
  }
}
