/** Which queries does a step learn from, and on which documents? Those that were found at the beginning of its round. */
import type { Random } from '../../base/random.js';
import { shuffledRows } from '../rows.js';
import type { StopSign } from '../stop-sign.js';
import { candidatePools, type ChooseRows, type TaughtDocuments, type TrainingQueries } from './candidate-pools.js';
import type { Candidates } from './code-gradient.js';
import type { ScanParameters } from './scan-parameters.js';

/** What a step learns from: as many queries as `batch` says. */
export interface QueryBatch {
  /** float32[batch, dim] */
  readonly queries: Float32Array;
  readonly candidates: readonly Candidates[];
  /** float64[batch, width] each: room for scores, what is wanted of each document, −Infinity = no document, and room for the gradient. */
  readonly scores: Float64Array;
  readonly targets: Float64Array;
  readonly slopes: Float64Array;
}

export interface RoundsTask extends TaughtDocuments {
  readonly queries: TrainingQueries;
  readonly choose: ChooseRows;
  /** Fills `targets` with what is wanted of each of `rows` for a query, in their order. */
  target(query: number, rows: Uint32Array, targets: Float64Array): void;
}

export interface RoundsOptions {
  /** Queries of a step, and candidates of each. */
  readonly batch: number;
  readonly width: number;
  readonly random: Random;
  readonly signal?: StopSign | undefined;
}

/** The queries between two refreshes, with their candidates; every query once before any comes again. */
export class QueryRounds {
  readonly #task: RoundsTask;
  readonly #options: RoundsOptions;
  readonly #scores: Float64Array;
  readonly #targets: Float64Array;
  readonly #slopes: Float64Array;
  #order: Uint32Array;
  #numbers: Uint32Array = new Uint32Array(0);
  #candidates: readonly Candidates[] = [];

  /** `order`: queries that are still to come of a turn that was begun. */
  constructor(task: RoundsTask, options: RoundsOptions, order: Uint32Array) {
    this.#task = task;
    this.#options = options;
    this.#order = order;
    const room = options.batch * options.width;
    this.#scores = new Float64Array(room);
    this.#targets = new Float64Array(room);
    this.#slopes = new Float64Array(room);
  }

  /** uint32: numbers of queries that are still to come before any comes again. */
  get order(): Uint32Array {
    return this.#order;
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
  batch(step: number): QueryBatch {
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
