/** A document that was found with several passages becomes one candidate: with the passage that answers the question best. */
import type { FusionWeights } from '../../proto/generated/shoal/v1/search.js';
import type { Candidate } from './merge.js';
import type { Question } from './question.js';

/**
 * One candidate a document, ties to the smaller passage. Only dense and MaxSim scores tell passages apart: the sparse score is the
 * whole document's, wherever it came from.
 */
export function bestPassages(
  candidates: readonly Candidate[],
  question: Pick<Question, 'weights' | 'multiOnly'>,
): readonly Candidate[] {
  const best = new Map<bigint, Candidate>();
  for (const candidate of candidates) {
    const known = best.get(candidate.docId);
    if (known === undefined) best.set(candidate.docId, candidate);
    else best.set(candidate.docId, betterOf(known, candidate, question));
  }
  return [...best.values()];
}

function betterOf(
  known: Candidate,
  candidate: Candidate,
  { weights, multiOnly }: Pick<Question, 'weights' | 'multiOnly'>,
): Candidate {
  const score = (of: Candidate): number => (multiOnly ? orLowest(of.multi) : passageScore(of, weights));
  const better = score(candidate) - score(known) || known.passage - candidate.passage;
  const sparse = Number.isNaN(known.sparse) ? candidate.sparse : known.sparse;
  return { ...(better > 0 ? candidate : known), sparse };
}

function passageScore({ dense, multi }: Candidate, weights: FusionWeights): number {
  if (Number.isNaN(dense) && Number.isNaN(multi)) return -Number.MAX_VALUE;
  return weights.dense * orZero(dense) + weights.multi * orZero(multi);
}

/** A finite number, so that two of them can be subtracted. */
function orLowest(score: number): number {
  return Number.isNaN(score) ? -Number.MAX_VALUE : score;
}

function orZero(score: number): number {
  return Number.isNaN(score) ? 0 : score;
}
