/**
 * The loop that both methods share: batches of queries, a loss over the documents that the present parameters find, Adam, and a judgement
 * of held-out queries every so many steps, which decides what is kept. What it gives is the best that was judged, the start included.
 */
import type { ResumableRandom } from '../../base/random.js';
import { ShoalError } from '../../base/errors.js';
import { bytesOf } from '../../base/bytes.js';
import { hashBytes } from '../../base/hash.js';
import { refuseStopped, type StopSign } from '../stop-sign.js';
import { Adam } from '../adam.js';
import { CodeGradient } from './code-gradient.js';
import { partsOf, type FitProgress, type FitState, type JudgedParameters } from './fit-state.js';
import { QueryRounds, type RoundsTask } from './query-rounds.js';
import { areFinite, copyOf, type ScanParameters } from './scan-parameters.js';
import type { SplitQueries } from './split-queries.js';

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
  readonly random: ResumableRandom;
  /** A hash of the queries that were held out (`heldOutHash`): a fit goes on only with the same. Needed with `keeping`. */
  readonly heldOut?: bigint;
  readonly keeping?: FitKeeping | undefined;
  readonly signal?: StopSign | undefined;
  onProgress?(progress: FitProgress): void;
}

/** Where the states of a fit are kept, so that it can be stopped and gone on with. */
export interface FitKeeping {
  /** What to go on from; null = there is nothing. */
  readonly last: FitState | null;
  /** `last` is not gone on from, which was another fit. */
  refuse(why: string): void;
  /** `last` is gone on from: of all steps, this share is done. */
  resume(share: number): void;
  /** Called between rounds, and once at the end: takes the state where it is wanted. */
  offer(take: () => FitState, isEnd: boolean): void;
}

export interface FitTask extends RoundsTask {
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

/**
 * Fits a copy of `start`. A fit that goes on from a state of an interrupted one ends as that would have. FAILED_PRECONDITION when losses or
 * gradients stop being numbers, CANCELLED by the signal.
 */
export function fitParameters(task: FitTask, start: ScanParameters, options: FitOptions): Fit {
  const { keeping, refreshSteps } = options;
  const fitting = new Fitting(task, start, options);
  let offered = fitting.stepsDone;
  while (!fitting.isOver) {
    refuseStopped(options.signal);
    const { stepsDone } = fitting;
    // What was found for the steps between is not part of a state.
    if (stepsDone % refreshSteps === 0 && stepsDone > offered) {
      keeping?.offer(() => fitting.state(), false);
      offered = stepsDone;
    }
    fitting.step();
  }
  if (fitting.stepsDone > offered) keeping?.offer(() => fitting.state(), true);
  return fitting.fit;
}

/** A hash of the queries that have no part in learning, and of how many have. Who took part before must not judge after. */
export function heldOutHash({ training, choosing, judging }: SplitQueries): bigint {
  const count = hashBytes(bytesOf(Float64Array.of(training.rows.length, choosing.rows.length)));
  return hashBytes(bytesOf(judging.rows), hashBytes(bytesOf(choosing.rows), count));
}

/** A hash of all that steps depend on, but for the documents: of these some may be others, as those of a round are. */
function inputsOf({ structure, queries }: FitTask, start: ScanParameters, options: FitOptions): bigint {
  const { batch, width, steps, refreshSteps, judgeSteps, patience, rates, heldOut = 0n } = options;
  const sizes = [batch, width, steps, refreshSteps, judgeSteps, patience, rates.words, rates.adapter, rates.biases];
  const numbers = Float64Array.of(...sizes, structure.version, queries.rows.length);
  return partsOf(start).reduce((hash, part) => hashBytes(bytesOf(part), hash), hashBytes(bytesOf(numbers), heldOut));
}

/** The fit as far as it is. */
class Fitting {
  readonly #task: FitTask;
  readonly #options: FitOptions;
  readonly #inputs: bigint;
  readonly #parameters: ScanParameters;
  readonly #stepper: Stepper;
  readonly #model: CodeGradient;
  readonly #rounds: QueryRounds;
  readonly #curve: FitProgress[];
  readonly #startScore: number;
  #best: JudgedParameters;
  #step: number;
  #losses: number;
  #counted: number;

  constructor(task: FitTask, start: ScanParameters, options: FitOptions) {
    const { batch, width, steps, keeping, random } = options;
    this.#task = task;
    this.#options = options;
    this.#inputs = keeping === undefined ? 0n : inputsOf(task, start, options);
    const last = this.#fitting(keeping?.last ?? null);
    this.#parameters = copyOf(last?.parameters ?? start);
    this.#stepper = new Stepper(start, options.rates);
    this.#model = new CodeGradient(task.documents, this.#parameters, { batch, width });
    this.#rounds = new QueryRounds(task, options, last?.order.slice() ?? new Uint32Array(0));
    this.#curve = [...(last?.curve ?? [])];
    this.#startScore = last?.startScore ?? task.judge(start);
    this.#best = last?.best ?? { parameters: start, score: this.#startScore, at: 0 };
    this.#step = last?.step ?? 0;
    this.#losses = last?.losses ?? 0;
    this.#counted = last?.counted ?? 0;
    if (last === null) return;
    this.#stepper.restore(last);
    random.restore(last.random);
    keeping?.resume(last.step / steps);
  }

  get stepsDone(): number {
    return this.#step;
  }

  get isOver(): boolean {
    const { steps, patience } = this.#options;
    return this.#step >= steps || this.#curve.length - 1 - this.#best.at >= patience;
  }

  get fit(): Fit {
    const { parameters, score } = this.#best;
    return { parameters, isBetter: score > this.#startScore, curve: this.#curve };
  }

  step(): void {
    const { steps, refreshSteps, judgeSteps } = this.#options;
    const [step, parameters] = [this.#step, this.#parameters];
    if (step % refreshSteps === 0) this.#rounds.refresh(parameters, Math.min(refreshSteps, steps - step));
    const { queries, candidates, scores, targets, slopes } = this.#rounds.batch(step % refreshSteps);
    this.#model.score(parameters, { queries, candidates }, scores);
    this.#losses += this.#task.loss(scores, targets, slopes);
    this.#counted += 1;
    const gradient = this.#model.gradient(parameters, { queries, candidates }, slopes);
    this.#stepper.step(parameters, gradient, 1 - step / steps);
    this.#step += 1;
    if (this.#step % judgeSteps === 0 || this.#step === steps) this.#judge();
  }

  /** Between two rounds, or at the end. A copy. */
  state(): FitState {
    const { parameters, score, at } = this.#best;
    return {
      ...{ inputs: this.#inputs, step: this.#step, startScore: this.#startScore },
      ...{ parameters: copyOf(this.#parameters), moments: this.#stepper.moments() },
      best: { parameters: copyOf(parameters), score, at },
      ...{ curve: [...this.#curve], losses: this.#losses, counted: this.#counted },
      ...{ order: this.#rounds.order.slice(), random: [...this.#options.random.state()] },
    };
  }

  /** `last` where it is a state of this fit. */
  #fitting(last: FitState | null): FitState | null {
    if (last === null || last.inputs === this.#inputs) return last;
    this.#options.keeping?.refuse('structure, start or held-out queries are others now');
    return null;
  }

  #judge(): void {
    const [parameters, curve, counted] = [this.#parameters, this.#curve, this.#counted];
    if (!Number.isFinite(this.#losses) || !areFinite(parameters)) throw ranAway(this.#step);
    const score = this.#task.judge(parameters);
    if (score > this.#best.score) this.#best = { parameters: copyOf(parameters), score, at: curve.length };
    const share = this.#step / this.#options.steps;
    curve.push({ share, loss: this.#losses / counted, score, best: this.#best.score });
    this.#options.onProgress?.(curve.at(-1)!);
    [this.#losses, this.#counted] = [0, 0];
  }
}

function ranAway(steps: number): ShoalError {
  const message = `the loss or its gradient is no number any more after ${steps} steps`;
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

  /** Of the tables that are there, in the order words, adapter, biases. */
  moments(): FitState['moments'] {
    return this.#adams.filter((adam) => adam !== null).map((adam) => adam.state());
  }

  restore({ step, moments }: Pick<FitState, 'step' | 'moments'>): void {
    this.#adams.filter((adam) => adam !== null).forEach((adam, at) => adam.restore({ steps: step, ...moments[at]! }));
  }

  step(parameters: ScanParameters, gradient: ScanParameters, share: number): void {
    const values = [parameters.words, parameters.adapter, parameters.biases];
    const slopes = [gradient.words, gradient.adapter, gradient.biases];
    this.#adams.forEach((adam, at) => adam?.step(values[at]!, slopes[at]!, this.#rates[at]! * share));
  }
}
