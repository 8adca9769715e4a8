/** The encoded question in the form that shards take: bytes ready to send, with idf already in the terms' factors. */
import { bufferOf } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import type { SparseVector } from '../../proto/generated/shoal/v1/document.js';
import type { EncodedQuestion } from './encode.js';
import type { SearchParts } from './parts.js';
import type { Question } from './question.js';
import { isLearned } from './representations.js';
import type { Plan } from './route.js';

export interface WireQuestion {
  /** float32[dim]; empty = none. */
  readonly dense: Buffer;
  /** Terms with idf-weighted factors. */
  readonly sparse: SparseVector | undefined;
  /** float32[tokens, tokenDim]; empty = none. */
  readonly tokens: Buffer;
  readonly tokenCount: number;
}

/** `encoded` for the wire. Terms without weight are left out. */
export async function wireQuestion(
  encoded: EncodedQuestion,
  question: Question,
  plan: Plan,
  parts: Pick<SearchParts, 'statistics' | 'fanOut'> & { readonly deadline: Deadline },
): Promise<WireQuestion> {
  const { dense, terms, tokens } = encoded;
  return {
    dense: dense === null ? Buffer.alloc(0) : bufferOf(dense),
    sparse: terms === null ? undefined : await weightedTerms(terms, question, plan, parts),
    tokens: tokens === null ? Buffer.alloc(0) : bufferOf(tokens.rows),
    tokenCount: tokens?.count ?? 0,
  };
}

async function weightedTerms(
  terms: { readonly termIds: Uint32Array; readonly weights: Float32Array },
  question: Question,
  plan: Plan,
  parts: Pick<SearchParts, 'statistics' | 'fanOut'> & { readonly deadline: Deadline },
): Promise<SparseVector | undefined> {
  const factors = isLearned(question.settings)
    ? terms.weights
    : await parts.statistics.factors(question.settings.uid, terms, { placements: plan.placements, ...parts });
  const held = (_: number, i: number): boolean => factors[i]! > 0;
  const termIds = terms.termIds.filter(held);
  if (termIds.length === 0) return undefined;
  return { termIds: bufferOf(termIds), weights: bufferOf(factors.filter(held)) };
}
