/** Several scores of candidates as one: each in units of its own spread, which a collection's text tells without judgements. */
import { mean, ranked } from './collections.js';

export const stages = ['dense', 'sparse', 'multi'] as const;
export type Stage = (typeof stages)[number];

/** Scores of each asked query's candidates, by stage. */
export type StageScores = Readonly<Record<Stage, readonly Float32Array[]>>;

export type FusionWeights = Readonly<Record<Stage, number>>;

/** Candidates that a spread is taken over: those that compete for the first places. */
const spreadOver = 30;

/** 1 over the mean standard deviation of each stage's best scores: needs queries, and no judgement of them. */
export function spreadUnits(scores: StageScores): FusionWeights {
  const unit = (stage: Stage): number => 1 / mean(scores[stage].map(spreadOfBest));
  return { dense: unit('dense'), sparse: unit('sparse'), multi: unit('multi') };
}

function spreadOfBest(scores: Float32Array): number {
  const best = ranked(scores, spreadOver).map((i) => scores[i]!);
  if (best.length < 2) return 1e-6;
  const middle = mean(best);
  return Math.sqrt(mean(best.map((score) => (score - middle) ** 2))) + 1e-6;
}

/** Weighted sums of the stages' scores in these units. */
export function fused(scores: StageScores, units: FusionWeights, weights: FusionWeights): Float32Array[] {
  return scores.dense.map((dense, q) =>
    dense.map((_, i) => stages.reduce((sum, stage) => sum + weights[stage] * units[stage] * scores[stage][q]![i]!, 0)),
  );
}

/** Places over which orders are compared. */
const comparedPlaces = 10;

/**
 * For each stage the mean share of its first ten that the other two have among theirs, as a part of the largest such share, squared: a
 * stage that nobody agrees with is trusted less. Needs queries, and no judgement of them.
 */
export function agreement(scores: StageScores): FusionWeights {
  const share = (stage: Stage): number =>
    mean(
      scores[stage].map((own, q) => {
        const best = new Set(ranked(own, comparedPlaces));
        const others = stages.filter((other) => other !== stage);
        return mean(others.map((other) => ranked(scores[other][q]!, comparedPlaces).filter((d) => best.has(d)).length));
      }),
    );
  const shares = { dense: share('dense'), sparse: share('sparse'), multi: share('multi') };
  const most = Math.max(...Object.values(shares), 1e-9);
  const part = (stage: Stage): number => (shares[stage] / most) ** 2;
  return { dense: part('dense'), sparse: part('sparse'), multi: part('multi') };
}

export function scaled(weights: FusionWeights, by: FusionWeights): FusionWeights {
  return {
    dense: weights.dense * by.dense,
    sparse: weights.sparse * by.sparse,
    multi: weights.multi * by.multi,
  };
}
