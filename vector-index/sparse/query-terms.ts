/** In which order the terms of a query are added: one for every way to a score, so that all ways give the same bits. */
import { ShoalError } from '../../base/errors.js';
import type { QueryTerms } from '../document.js';

/**
 * The terms with a factor other than zero, by falling magnitude of the factor, equal ones by termId. A function of the query alone:
 * neither segments nor replicas change it. The terms that weigh most come first since a search then sees soonest which rows are out
 * of reach. INVALID_ARGUMENT when a factor is no finite number.
 */
export function orderedTerms({ termIds, factors }: QueryTerms): QueryTerms {
  const bad = factors.findIndex((factor) => !Number.isFinite(factor));
  if (bad >= 0) {
    const message = `term ${termIds[bad]} of the query has the weight ${factors[bad]}; give finite numbers`;
    throw new ShoalError('INVALID_ARGUMENT', message);
  }
  const order = Array.from(factors.keys()).filter((at) => factors[at] !== 0);
  order.sort((a, b) => Math.abs(factors[b]!) - Math.abs(factors[a]!) || compareTied(termIds, factors, a, b));
  return {
    termIds: Uint32Array.from(order, (at) => termIds[at]!),
    factors: Float32Array.from(order, (at) => factors[at]!),
  };
}

function compareTied(termIds: Uint32Array, factors: Float32Array, a: number, b: number): number {
  return termIds[a]! - termIds[b]! || factors[b]! - factors[a]!;
}
