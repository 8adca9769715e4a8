/** The last word on a training: queries that had no part in any choice say whether what was learned may serve. */
import type { LearnedParameters } from '../../vector-index/codebook/learned-parameters.js';
import type { StopSign } from '../stop-sign.js';
import type { TaughtDocuments, TrainingQueries } from './candidate-pools.js';
import { firstCodeRecall, type FirstCodeRecall, type HeldOutQueries } from './first-code-recall.js';
import type { Fit } from './fit-parameters.js';
import type { FitProgress } from './fit-state.js';
import { publishedParameters, type ScanParameters } from './scan-parameters.js';

export interface Learned {
  /** What serves for the structure from now on; null = nothing was found that is better, and what served goes on. */
  readonly parameters: LearnedParameters | null;
  /** Of queries that had no part in any choice: without and with what was learned. Equal where nothing was. */
  readonly before: FirstCodeRecall;
  readonly after: FirstCodeRecall;
  /** One entry for each judgement of those that choose. */
  readonly curve: readonly FitProgress[];
  /** Queries that were learned from, and that judged. */
  readonly trainedOn: number;
  readonly judgedBy: number;
}

export interface FitToJudge {
  readonly start: ScanParameters;
  readonly fit: Fit;
  readonly training: TrainingQueries;
  readonly signal?: StopSign | undefined;
}

/** What `fit` is worth for `judge`; its parameters where they find more of the first ten than the start. */
export function judgedFit(
  taught: TaughtDocuments,
  judge: HeldOutQueries,
  { start, fit, training, signal }: FitToJudge,
): Learned {
  const before = firstCodeRecall(taught, judge, start, signal);
  const learned = fit.isBetter ? firstCodeRecall(taught, judge, fit.parameters, signal) : before;
  const serves = fit.isBetter && learned.at10 > before.at10;
  return {
    parameters: serves ? publishedParameters(fit.parameters, taught.structure) : null,
    ...{ before, after: serves ? learned : before, curve: fit.curve },
    trainedOn: training.rows.length / taught.documents.dim,
    judgedBy: judge.truths.length,
  };
}
