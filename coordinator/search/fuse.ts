/**
 * Sixth step: the scores of a candidate become one, and the candidates get their final order.
 *
 * Weighted sum as in M3 (section 4.1): w_dense·dense + w_sparse·sparse/scale + w_multi·MaxSim, where scale is the mean of the
 * query's ten best scores for BM25 and 1 for learned weights; or reciprocal rank fusion (Cormack, Clarke and Büttcher 2009) with k = 60. With one score alone
 * that score is the answer's. A score that a document does not have adds nothing.
 */
import type { FusionWeights } from '../../proto/generated/shoal/v1/search.js';
import { compareDocIds, type Candidate } from './merge.js';
import type { Question } from './question.js';
import { isLearned } from './representations.js';

/** The constant of reciprocal rank fusion. */
export const rrfConstant = 60;

export interface RankedCandidate extends Candidate {
  readonly score: number;
}

type Stage = 'dense' | 'sparse' | 'multi';

/** `candidates` best first, ties by smaller docId. `bestSparse` = the query's best sparse scores over all shards. */
export function fuse(
  candidates: readonly Candidate[],
  question: Question,
  bestSparse: readonly number[],
): readonly RankedCandidate[] {
  const scored = scoreAll(candidates, question, bestSparse).filter(({ score }) => !Number.isNaN(score));
  return scored.sort((a, b) => b.score - a.score || compareDocIds(a, b));
}

function scoreAll(
  candidates: readonly Candidate[],
  question: Question,
  bestSparse: readonly number[],
): RankedCandidate[] {
  const stages = stagesOf(question);
  const [only, second] = stages;
  if (only !== undefined && second === undefined) {
    return candidates.map((candidate) => ({ ...candidate, score: candidate[only] }));
  }
  if (question.rrf) return reciprocalRanks(candidates, stages);
  const scale = isLearned(question.settings) ? 1 : sparseScale(candidates, bestSparse);
  return candidates.map((candidate) => ({
    ...candidate,
    score: weightedSum(candidate, stages, question.weights, scale),
  }));
}

/** The scores that decide: in mode `multi` the dense score only chose the candidates. */
function stagesOf(question: Question): readonly Stage[] {
  if (question.multiOnly) return ['multi'];
  const stages: Stage[] = [];
  if (question.dense) stages.push('dense');
  if (question.sparse) stages.push('sparse');
  if (question.multi) stages.push('multi');
  return stages;
}

function weightedSum(
  candidate: Candidate,
  stages: readonly Stage[],
  weights: FusionWeights,
  sparseScaleValue: number,
): number {
  let sum = 0;
  for (const stage of stages) {
    const score = candidate[stage];
    if (Number.isNaN(score)) continue;
    sum += weights[stage] * (stage === 'sparse' ? score / sparseScaleValue : score);
  }
  return sum;
}

/** The mean of the ten best sparse scores; 1 when no document holds a word of the query. */
function sparseScale(candidates: readonly Candidate[], bestSparse: readonly number[]): number {
  const known = bestSparse.length > 0 ? bestSparse : tenBest(candidates);
  const mean = known.reduce((sum, score) => sum + score, 0) / known.length;
  return mean > 0 ? mean : 1;
}

function tenBest(candidates: readonly Candidate[]): readonly number[] {
  return candidates
    .map(({ sparse }) => sparse)
    .filter((score) => score > 0)
    .sort((a, b) => b - a)
    .slice(0, 10);
}

function reciprocalRanks(candidates: readonly Candidate[], stages: readonly Stage[]): RankedCandidate[] {
  const sums = new Map<bigint, number>(candidates.map(({ docId }) => [docId, 0]));
  for (const stage of stages) {
    candidates
      .filter((candidate) => hasScore(candidate, stage))
      .sort((a, b) => b[stage] - a[stage] || compareDocIds(a, b))
      .forEach(({ docId }, rank) => sums.set(docId, (sums.get(docId) ?? 0) + 1 / (rrfConstant + rank + 1)));
  }
  return candidates.map((candidate) => ({ ...candidate, score: sums.get(candidate.docId) ?? 0 }));
}

/** A sparse score of 0 means that no word matched, which is no rank. */
function hasScore(candidate: Candidate, stage: Stage): boolean {
  return !Number.isNaN(candidate[stage]) && (stage !== 'sparse' || candidate.sparse > 0);
}
