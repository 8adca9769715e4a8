/** The encoded question in the form that shards take: bytes ready to send, with idf already in the terms' factors and the token rows. */
import { present } from '../../base/assert.js';
import { bufferOf } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import type { SparseVector } from '../../proto/generated/shoal/v1/document.js';
import type { EncodedQuestion } from './encode.js';
import type { SearchParts } from './parts.js';
import type { Question } from './question.js';
import { isLearned } from './representations.js';
import type { Plan } from './route.js';
import { weighedRows } from './token-weights.js';

export interface WireQuestion {
  /** float32[dim]; empty = none. */
  readonly dense: Buffer;
  /** Terms with idf-weighted factors. */
  readonly sparse: SparseVector | undefined;
  /** float32[tokens, tokenDim], weighed by idf; empty = none. */
  readonly tokens: Buffer;
  readonly tokenCount: number;
}

/** `encoded` for the wire. Terms without weight are left out. Terms and tokens ask for statistics together. */
export async function wireQuestion(
  encoded: EncodedQuestion,
  question: Question,
  plan: Plan,
  parts: Pick<SearchParts, 'statistics' | 'fanOut'> & { readonly deadline: Deadline },
): Promise<WireQuestion> {
  const { dense, terms, tokens } = encoded;
  const { settings } = question;
  const asked = isLearned(settings) ? noTerms : termsOf(encoded);
  const where = { placements: plan.placements, ...parts };
  const idf = asked.size === 0 ? null : await parts.statistics.idf(settings.uid, asked, where);
  return {
    dense: dense === null ? Buffer.alloc(0) : bufferOf(dense),
    sparse: terms === null ? undefined : weightedTerms(terms, idf),
    tokens: tokens === null ? Buffer.alloc(0) : bufferOf(idf === null ? tokens.rows : weighedRows(tokens, idf)),
    tokenCount: tokens?.count ?? 0,
  };
}

const noTerms: ReadonlySet<number> = new Set();

/** All whose idf counts. */
function termsOf({ terms, tokens }: EncodedQuestion): ReadonlySet<number> {
  const ofRows = tokens?.terms?.filter((term) => term !== 0);
  return new Set([...(terms?.termIds ?? []), ...(ofRows ?? [])]);
}

/** By `idf`, or as they are without: a trained head has weighed them. */
function weightedTerms(
  { termIds, weights }: { readonly termIds: Uint32Array; readonly weights: Float32Array },
  idf: ReadonlyMap<number, number> | null,
): SparseVector | undefined {
  const factors =
    idf === null ? weights : weights.map((weight, i) => weight * present(idf.get(termIds[i]!), 'the idf of a term'));
  const held = (_: number, i: number): boolean => factors[i]! > 0;
  const kept = termIds.filter(held);
  if (kept.length === 0) return undefined;
  return { termIds: bufferOf(kept), weights: bufferOf(factors.filter(held)) };
}
